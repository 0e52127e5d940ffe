"""The portable `kernel` crate, built once for each kernel and handed to user crates as std is."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.base import cache, paths, process
from rkmbuild.base.errors import BuildError
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.pipeline import bindings, spec, sysroot
from rkmbuild.project.request import jobs_arguments
from rkmbuild.toolchain import cargo
from rkmbuild.toolchain.parts import Rust, Version
from rkmbuild.toolchain.remembered import remembered
from rkmbuild.toolchain.rust_facts import RustFacts

# Counts up when the crate is built in another way, or its folder laid out in one.
_REVISION = 1

# Linux 5.19 was followed by 6.0 and 6.19 by 7.0; the last series is open.
_SERIES = ((6, range(1, 20)), (7, range(30)))

_OPENED = (
    # For --check-cfg.
    ("-Zunstable-options", Version(1, 80)),
    ("-Zcrate-attr=feature(inline_const)", Version(1, 79)),
    ("-Zcrate-attr=feature(error_in_core)", Version(1, 81)),
    ("-Zcrate-attr=feature(raw_ref_op)", Version(1, 82)),
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


def plan(
    tree: KernelTree, rust: Rust, on: sysroot.Sysroot, bound: bindings.Bindings
) -> KernelCrate:
    """Return the crate that fits, without making it."""
    source = paths.data("crates")
    crates = sorted(manifest.parent for manifest in source.glob("*/Cargo.toml"))
    files = [
        *(source / name for name in ("Cargo.toml", "Cargo.lock")),
        *(crate / "Cargo.toml" for crate in crates),
        *(file for crate in crates for file in sorted((crate / "src").rglob("*.rs"))),
    ]

    def read() -> dict[str, Any]:
        digest = hashlib.sha256()
        for file in files:
            digest.update(f"{file.relative_to(source)}\0".encode() + file.read_bytes() + b"\0")
        return {"digest": digest.hexdigest(), "names": sorted(config_names(files))}

    contents = remembered("kernel crate", files, read)
    text = opened(rust.version) + cfgs(tree, contents["names"])
    key = cache.key(
        "kernel-crate", _REVISION, contents["digest"], on.key, bound.key, text, rust.verbose
    )
    return KernelCrate(key, on, bound, text)


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

    def make(folder: Path) -> None:
        (folder / "cfgs").write_text(crate.cfgs)
        target = folder / "target"
        flags = [*crate.sysroot.flags, sysroot.WITH_BITCODE]
        flags += [f"--sysroot={root}", f"@{folder / 'cfgs'}"]
        env = cargo.environment(rust, flags)
        env["RKMBUILD_BINDINGS"] = str(bound / bindings.FILE)
        process.run(
            [
                rust.cargo, "build", "--release", "--locked", "--offline", "--package", "kernel",
                "--target-dir", target,
                *cargo.target_arguments(facts, sysroot.target_path(root, crate.sysroot.arch)),
                *jobs_arguments(jobs),
            ],
            doing="building the kernel crate",
            env=env,
            cwd=paths.data("crates"),
        )  # fmt: skip
        library = folder / "lib"
        library.mkdir()
        made = target / spec.name(crate.sysroot.arch) / "release" / "deps"
        for file in (*made.glob("*.rlib"), *(target / "release" / "deps").glob("*.so")):
            file.rename(library / file.name)
        cache.discard(target)

    return cache.entry("kernel-crate", crate.key, make)


def flags(folder: Path) -> tuple[str, ...]:
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


def cfgs(tree: KernelTree, mentioned: Iterable[str]) -> str:
    """Return arguments of rustc, one a line, that say what kernel this is.

    `kernel_6_12` means "this release or later". An option of the kernel is there as `CONFIG_X`
    and with its value, as in Rust for Linux. All that could be asked is declared, so that rustc
    finds nothing unexpected: every release, every option that this kernel sets, and all others that
    are `mentioned`.
    """
    # As kbuild says of what is not built into the kernel.
    # `kernel_test` is set by a build for tests alone.
    lines = ["--check-cfg=cfg(MODULE)", "--cfg=MODULE", "--check-cfg=cfg(kernel_test)"]
    for major, minors in _SERIES:
        for minor in minors:
            name = f"kernel_{major}_{minor}"
            lines.append(f"--check-cfg=cfg({name})")
            if KernelVersion(major, minor) <= tree.version:
                lines.append(f"--cfg={name}")
    names = {*mentioned, *(f"CONFIG_{option}" for option in tree.config)}
    lines += map(_declared, sorted(names))
    for option, value in sorted(tree.config.items()):
        if value in ("y", "m"):
            lines += [f"--cfg=CONFIG_{option}", f'--cfg=CONFIG_{option}="{value}"']
    return "\n".join(lines) + "\n"


def config_names(sources: Iterable[Path]) -> frozenset[str]:
    """Return the names of kernel options that Rust sources mention."""
    found: set[str] = set()
    for source in sources:
        found.update(re.findall(r"\bCONFIG_[A-Z0-9_]+", source.read_text(errors="replace")))
    return frozenset(found)


def extra_cfgs(tree: KernelTree, sources: Sequence[Path]) -> str:
    """Return declarations for the options that a project mentions and this kernel lacks."""
    lacking = {name for name in config_names(sources) if name[7:] not in tree.config}
    return "".join(f"{_declared(name)}\n" for name in sorted(lacking))


def _declared(name: str) -> str:
    return f'--check-cfg=cfg({name}, values(none(), "y", "m"))'
