"""What kbuild tells rustc for an object of a module: asked of the kernel's own makefiles.

Of that goes to cargo what cargo does not say itself. Edition, and what rustc writes and where, are
cargo's; optimisation and checks are its profile's, where the kernel's are what it has unless
Cargo.toml says otherwise.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache, process
from rkmbuild.base.errors import KernelError
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.toolchain.parts import Rust

_OBJECT = "rkmbuild_probe"
# `rust_common_cmd` (scripts/Makefile.build, Linux 6.12 and 7.3) is all of the command but for what
# it reads and writes. An object's explicit rule wins over kbuild's, so nothing is compiled.
_KBUILD = f"""\
obj-m := {_OBJECT}.o
$(obj)/{_OBJECT}.o: FORCE
\t$(file >$(obj)/command,$(rust_common_cmd))$(file >$(obj)/folder,$(CURDIR))@:
"""
# Counts up when kbuild is asked in another way.
_REVISION = 1
# What cargo says itself, crate by crate: with a value in the next word, or in the same one.
_OF_CARGO = ("--crate-type", "--out-dir", "--emit", "--edition", "--target", "-L", "--crate-name")
# For the crate that is the module, as for each object of the kernel's; others say it themselves.
_OF_THE_MODULE = ("-Zallow-features", "-Zcrate-attr")
# What cargo's profile decides, by what rustc calls it; what stands there is text of TOML.
_OF_THE_PROFILE = {
    "opt-level": "opt-level",
    "codegen-units": "codegen-units",
    "debuginfo": "",
    "debug-assertions": "debug-assertions",
    "overflow-checks": "overflow-checks",
}
_TOML = {"y": "true", "n": "false", "yes": "true", "no": "false", "on": "true", "off": "false"}
# With metadata alone of `core` there is nothing that link-time optimisation could read.
_FIXED = {"lto": '"off"'}
# kbuild declares no cfg, so that rustc expects all of them; cargo declares those of its features.
_ANY_CFG = "--check-cfg=cfg(any())"
# `core` is compiled so (`core-cfgs`, rust/Makefile, Linux 6.12 and 7.3): numbers with a point are
# not printed. Crates that know of kernels look at it, as zerocopy does.
_AS_CORE = "--cfg=no_fp_fmt_parse"


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What rustc is told, by whom it is told.

    Attributes:
        common: For all crates of the module.
        own: For the one that is the module.
        profile: What cargo's profile says where Cargo.toml does not, as TOML by key.
        fixed: What it says whatever Cargo.toml does.
    """

    common: tuple[str, ...]
    own: tuple[str, ...]
    profile: Mapping[str, str]
    fixed: Mapping[str, str]


def ask(kernel: TargetKernel, rust: Rust) -> Flags:
    """Return what the makefiles of a kernel say, which ask this rustc what it can do.

    Args:
        kernel: The kernel, with an objtree that is configured for Rust.
        rust: The toolchain.

    Raises:
        KernelError: kbuild failed.
    """
    variables = {**kernel.variables, "RUSTC": str(rust.rustc)}
    key = cache.key("rust", _REVISION, kernel.identity, kernel.objtree, variables, rust.verbose)

    def make(folder: Path) -> None:
        (folder / "words.json").write_text(json.dumps(_asked(kernel, variables), indent=1))

    place = cache.entry("rust-flags", key, make)
    return sort(json.loads((place / "words.json").read_text()))


def sort(words: Sequence[str]) -> Flags:
    """Tell whose each argument is.

    Args:
        words: Those of rustc, in their order.
    """
    common: list[str] = []
    own: list[str] = []
    profile: dict[str, str] = {}
    for word in _each(words):
        name, _, value = word.partition("=")
        option = name.removeprefix("-C")
        if name.startswith(_OF_THE_MODULE):
            own.append(word)
        elif name.startswith("-C") and option in _OF_THE_PROFILE:
            if _OF_THE_PROFILE[option]:
                profile[_OF_THE_PROFILE[option]] = _TOML.get(value) or _number_or_text(value)
        else:
            common.append(word)
    return Flags(
        common=(*common, _AS_CORE, _ANY_CFG), own=tuple(own), profile=profile, fixed=_FIXED
    )


def _each(words: Sequence[str]) -> Iterator[str]:
    """Give the arguments that are not cargo's, an option and its value as one."""
    rest = iter(words)
    for word in rest:
        if word in _OF_CARGO:
            next(rest, "")
        elif word in ("--extern", "--cfg", "--remap-path-prefix"):
            yield f"{word}={next(rest, '')}"
        elif word in ("-C", "-Z"):
            yield word + next(rest, "")
        elif not any(word.startswith((f"{each}=", f"{each}/")) for each in _OF_CARGO):
            yield word


def _number_or_text(value: str) -> str:
    return value if value.isdigit() else json.dumps(value)


def _asked(kernel: TargetKernel, variables: Mapping[str, str]) -> list[str]:
    with cache.temporary() as folder:
        (folder / "Kbuild").write_text(_KBUILD)
        process.run(
            [
                "make", "-s", "-C", kernel.objtree, f"M={folder}",
                *(f"{name}={value}" for name, value in variables.items()),
                f"{_OBJECT}.o",
            ],
            doing=f"asking kbuild of {kernel.tree.release} for its Rust flags",
            failure=KernelError,
        )  # fmt: skip
        text = (folder / "command").read_text()
        return parse(text, Path((folder / "folder").read_text().strip()), variables["RUSTC"])


def parse(text: str, folder: Path, rustc: str) -> list[str]:
    """Return rustc's arguments in a command of kbuild's, which is quoted for a shell.

    Args:
        text: What make expanded: variables of the environment, rustc, its arguments.
        folder: Where it would run: what its relative paths are relative to.
        rustc: What the command has for rustc.

    Raises:
        KernelError: it is no command of rustc's.
    """
    words = shlex.split(text)
    if rustc not in words:
        raise KernelError("this kernel's build has no command for Rust", output=text)
    found = words[words.index(rustc) + 1 :]
    return [f"@{folder / word[1:]}" if word.startswith("@") else word for word in found]
