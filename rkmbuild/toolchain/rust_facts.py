"""What a Rust toolchain says of itself: its options, and its own freestanding target."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rkmbuild.arch import architectures
from rkmbuild.base import cache, files, process
from rkmbuild.base.errors import ToolchainError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.toolchain.parts import Rust
from rkmbuild.toolchain.remembered import remembered

# Where a toolchain has what its rustc only starts: rustup's and upstream's archives, and Debian's.
_DRIVERS = ("lib/librustc_driver-*", "lib/*/librustc_driver-*")
# Counts up when rustc or cargo is asked something else.
_REVISION = 1


@dataclass(frozen=True)
class RustFacts:
    """What one toolchain can do, in its own words.

    Attributes:
        rustc_options: What `rustc -C help` and `rustc -Z help` print.
        cargo_options: What `cargo -Z help` prints.
        spec: What `--print target-spec-json` prints for the freestanding target.
    """

    rustc_options: str
    cargo_options: str
    spec: str

    @cached_property
    def options(self) -> frozenset[str]:
        """Names of rustc's -C and -Z options, without the letter."""
        return frozenset(re.findall(r"^\s*-[CZ]\s+([a-z0-9-]+)=", self.rustc_options, re.MULTILINE))

    @cached_property
    def cargo_flags(self) -> frozenset[str]:
        """Names of cargo's -Z options, without the letter."""
        return frozenset(re.findall(r"^\s*-Z\s+([a-z0-9-]+)", self.cargo_options, re.MULTILINE))

    @cached_property
    def bare_spec(self) -> dict[str, Any]:
        """The target specification that rustc itself uses for freestanding code."""
        spec: dict[str, Any] = json.loads(self.spec)
        return spec


def facts(rust: Rust, arch: str) -> RustFacts:
    """Ask `rust` what it can do; the answer is kept for as long as the toolchain stays the same.

    Raises:
        ToolchainError: rustc has no freestanding target for `arch`, or cannot be asked.
    """
    known = architectures.find(arch)
    if not known or not known.complete:
        names = ", ".join(map(str, architectures.complete()))
        raise ToolchainError(f"no target specification for {arch} yet; known: {names}")
    target = known.bare_target
    stamps = [files.named_stamp(rust.rustc), files.named_stamp(rust.cargo)]
    name = cache.key("rust-facts", _REVISION, rust.verbose, stamps, arch)

    def make(folder: Path) -> None:
        # Unstable options of a stable compiler: the kernel's own build opens them the same way.
        env = tool_environment({"RUSTC_BOOTSTRAP": "1"})

        def ask(*argv: str | Path) -> str:
            return process.run(
                argv, doing="asking the Rust toolchain", env=env, failure=ToolchainError
            ).stdout

        spec = ("-Zunstable-options", "--print=target-spec-json", "--target", target)
        for file, text in (
            ("options", ask(rust.rustc, "-C", "help") + ask(rust.rustc, "-Z", "help")),
            ("cargo", ask(rust.cargo, "-Z", "help")),
            ("spec", ask(rust.rustc, *spec)),
        ):
            (folder / file).write_text(text)

    folder = cache.entry("rust-facts", name, make)
    return RustFacts(*((folder / file).read_text() for file in ("options", "cargo", "spec")))


def content(rust: Rust) -> str:
    """Return a name for the compiler as it is, wherever and whenever it was installed.

    Its version alone does not tell it from another build of that version, which may be patched.
    """

    def read() -> dict[str, Any]:
        drivers = sorted(file for place in _DRIVERS for file in rust.sysroot.glob(place))
        digests = [files.sha256(file) for file in (rust.rustc, *drivers)]
        # Without a driver that we know, when it was installed is all that tells it from others.
        return {"content": [*digests, *(() if drivers else files.stamp(rust.rustc))]}

    return cache.key(remembered("content", [rust.rustc], read)["content"])
