"""The portable `kernel` crate, built once for each kernel and handed to user crates as std is."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.base import cache, paths, process
from rkmbuild.base.errors import BuildError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import bindings, spec, sysroot
from rkmbuild.pipeline.api import cfgs, reach
from rkmbuild.project.request import jobs_arguments
from rkmbuild.toolchain import cargo
from rkmbuild.toolchain.parts import Rust, Version
from rkmbuild.toolchain.remembered import remembered
from rkmbuild.toolchain.rust_facts import RustFacts

# Counts up when the crate is built in another way, or its folder laid out in one.
_REVISION = 3
# Where debug information has the crates' source, wherever it lies: what is in the cache serves
# every installation, and LLVM names what parts of a crate share by a digest of all this.
_SHOWN = "/rkmbuild/crates"
# What libc calls itself by; one that is not glibc has no such name (confstr(3)).
_SAYS_LIBRARY = "CS_GNU_LIBC_VERSION"

_OPENED = (
    # For --check-cfg.
    ("-Zunstable-options", Version(1, 80)),
    ("-Zcrate-attr=feature(inline_const)", Version(1, 79)),
    ("-Zcrate-attr=feature(error_in_core)", Version(1, 81)),
    # core::panic::PanicMessage.
    ("--cfg=rustc_before_1_81", Version(1, 81)),
    ("-Zcrate-attr=feature(raw_ref_op)", Version(1, 82)),
    ("-Zcrate-attr=feature(asm_const)", Version(1, 82)),
    ("-Zcrate-attr=feature(const_refs_to_cell)", Version(1, 83)),
    ("-Zcrate-attr=feature(const_refs_to_static)", Version(1, 83)),
)
"""What opens to an older rustc what the crates use and their macros write into modules, and the
release that has it open, by the release notes of Rust."""


@dataclass(frozen=True)
class KernelCrate:
    """The `kernel` crate for one kernel, to be made, or made already.

    Attributes:
        key: Its name in the cache.
        sysroot: What it is built with.
        bindings: What it is built on.
        cfgs: The text of rustc's `@` file: the cfgs that say what kernel this is.
    """

    key: str
    sysroot: sysroot.Sysroot
    bindings: bindings.Bindings
    cfgs: str


def source() -> Path:
    """Return the folder of the crates' source: `kernel`, its macros, and what it is built on."""
    return paths.data("crates")


def headers() -> list[str]:
    """Return the headers of the kernel that the crates and their C helpers include."""
    top = source()
    files = [top / "bindings" / "bindings.h", *sorted((top / "kernel" / "helpers").glob("*.[hc]"))]
    found = (re.findall(r"^#include (<.+>)", file.read_text(), re.MULTILINE) for file in files)
    return list(dict.fromkeys(header for each in found for header in each))


def plan(
    tree: KernelTree, rust: Rust, on: sysroot.Sysroot, bound: bindings.Bindings, asked: str
) -> KernelCrate:
    """Return the crate that fits, without making it.

    Args:
        asked: Arguments of rustc, one a line, that say what the crate asked of the kernel.
    """
    contents = _contents()
    text = opened(rust.version) + cfgs.of_kernel(tree, contents["names"]) + asked
    # rustc loads the crate's macros, which an older C library than that of their build cannot.
    library = os.confstr(_SAYS_LIBRARY) if _SAYS_LIBRARY in os.confstr_names else None
    key = cache.key(
        "kernel-crate",
        _REVISION,
        contents["digest"],
        on.key,
        bound.key,
        text,
        rust.verbose,
        library,
    )  # fmt: skip
    return KernelCrate(key, on, bound, text)


def words() -> list[str]:
    """Return all names in the crates' source: those of C that it stands on are among them."""
    found: list[str] = _contents()["words"]
    return found


def _contents() -> dict[str, Any]:
    """Return what the crates' source says: its digest, and the names in it."""
    top = source()
    crates = sorted(manifest.parent for manifest in top.glob("*/Cargo.toml"))
    sources = [file for crate in crates for file in sorted((crate / "src").rglob("*.rs"))]
    files = [
        *(top / name for name in ("Cargo.toml", "Cargo.lock")),
        *(crate / "Cargo.toml" for crate in crates),
        *sources,
    ]

    def read() -> dict[str, Any]:
        digest = hashlib.sha256()
        for file in files:
            digest.update(f"{file.relative_to(top)}\0".encode() + file.read_bytes() + b"\0")
        return {
            "digest": digest.hexdigest(),
            "names": sorted(cfgs.mentioned_in(files)),
            "words": reach.words(sources),
        }

    return remembered("kernel crate and its words", files, read)


def build(
    crate: KernelCrate,
    rust: Rust,
    facts: RustFacts,
    *,
    root: Path,
    bound: Path,
    jobs: int | None = None,
) -> Path:
    """Return the folder with the crate's libraries, building them if they are not there.

    Args:
        root: The folder of the sysroot.
        bound: The folder of the bindings.

    Raises:
        BuildError: cargo failed.
    """
    top = source()

    def make(folder: Path) -> None:
        (folder / "cfgs").write_text(crate.cfgs)
        target = folder / "target"
        flags = [*crate.sysroot.flags, sysroot.WITH_BITCODE]
        flags += [f"--sysroot={root}", f"@{folder / 'cfgs'}", f"--remap-path-prefix={top}={_SHOWN}"]
        env = cargo.environment(rust, flags) | bindings.of_crates(bound)
        process.run(
            [
                rust.cargo, "build", "--release", "--locked", "--offline",
                "--package", "kernel", "--package", "bindings_layout", "--target-dir", target,
                *cargo.target_arguments(facts, sysroot.target_path(root, crate.sysroot.arch)),
                *jobs_arguments(jobs),
            ],
            doing="building the kernel crate",
            env=env,
            cwd=top,
        )  # fmt: skip
        library = folder / "lib"
        library.mkdir()
        made = target / spec.name(crate.sysroot.arch) / "release" / "deps"
        for file in (*made.glob("*.rlib"), *(target / "release" / "deps").glob("*.so")):
            if not file.name.startswith("libbindings_layout-"):
                file.rename(library / file.name)
        cache.discard(target)

    return cache.entry("kernel-crate", crate.key, make)


def externs(folder: Path) -> tuple[str, ...]:
    """Return the arguments of rustc with which a crate sees `kernel` and the kernel's cfgs."""
    found = list((folder / "lib").glob("libkernel-*.rlib"))
    if len(found) != 1:
        raise BuildError(f"{folder} should hold one kernel crate, but has {len(found)}")
    return (
        f"@{folder / 'cfgs'}",
        f"--extern=kernel={found[0]}",
        f"-Ldependency={folder / 'lib'}",
    )


def opened(rustc: Version) -> str:
    """Return arguments of rustc, one a line, that open what later releases have for all."""
    return "".join(f"{flag}\n" for flag, needless in _OPENED if rustc < needless)
