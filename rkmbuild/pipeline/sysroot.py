"""The sysroot: core, alloc and compiler_builtins, built once for each rustc, target and flags."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache, process
from rkmbuild.pipeline import spec
from rkmbuild.project.request import jobs_arguments
from rkmbuild.toolchain import cargo, rust_facts
from rkmbuild.toolchain.parts import Rust
from rkmbuild.toolchain.rust_facts import RustFacts

_MANIFEST = """\
[package]
name = "sysroot"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"

[profile.release]
opt-level = 2
debug = "line-tables-only"
lto = "off"
"""

# A crate whose profile asks for link-time optimisation finds bitcode in what it is linked with.
WITH_BITCODE = "-Cembed-bitcode=yes"
# Every function counts as `#[inline]`: it is compiled where it is called, into the module, and not
# here, which takes half of the time. rustc 1.75 has it.
_WHERE_CALLED = "cross-crate-inline-threshold"


@dataclass(frozen=True)
class Sysroot:
    """A sysroot to be made, or made already.

    Attributes:
        key: Its name in the cache.
        arch: The machine.
        target_json: The text of the target specification.
        flags: Arguments of rustc that all of its code, and all code that uses it, is compiled with.
        own: Those that its code alone is compiled with.
    """

    key: str
    arch: str
    target_json: str
    flags: tuple[str, ...]
    own: tuple[str, ...]


def plan(
    rust: Rust, facts: RustFacts, arch: str, target_json: str, flags: Sequence[str]
) -> Sysroot:
    """Return the sysroot that fits, without making it."""
    inline = (f"-Z{_WHERE_CALLED}=always",) if _WHERE_CALLED in facts.options else ()
    own = (WITH_BITCODE, *inline)
    # The library's place is in the names of its source files; the compiler's shows nowhere.
    toolchain = (rust.verbose, rust_facts.content(rust))
    name = cache.key(
        "sysroot", _MANIFEST, own, toolchain, str(rust.library), target_json, list(flags)
    )
    return Sysroot(name, arch, target_json, tuple(flags), own)


def target_path(folder: Path, arch: str) -> Path:
    """Return the target specification inside a sysroot's folder."""
    return folder / f"{spec.name(arch)}.json"


def build(sysroot: Sysroot, rust: Rust, facts: RustFacts, jobs: int | None = None) -> Path:
    """Return the sysroot's folder, for `rustc --sysroot`, building it if it is not there.

    The library's dependencies come from the toolchain's own vendored sources where it has them,
    so that nothing is fetched; the replacement of crates.io that this takes would hide it from a
    user's crate, which is why a sysroot is a build of its own.

    Raises:
        BuildError: cargo failed.
    """

    def make(folder: Path) -> None:
        target = target_path(folder, sysroot.arch)
        target.write_text(sysroot.target_json)
        work = folder / "work"
        work.mkdir()
        (work / "Cargo.toml").write_text(_MANIFEST)
        (work / "lib.rs").write_text("#![no_std]\n")
        process.run(
            _command(rust, facts, target, jobs),
            doing="building core and alloc for the kernel",
            env=cargo.environment(rust, [*sysroot.flags, *sysroot.own]),
            cwd=work,
        )
        library = folder / "lib" / "rustlib" / spec.name(sysroot.arch) / "lib"
        library.mkdir(parents=True)
        made = work / "target" / spec.name(sysroot.arch) / "release" / "deps"
        for rlib in made.glob("*.rlib"):
            if not rlib.name.startswith("libsysroot-"):
                rlib.rename(library / rlib.name)
        cache.discard(work)

    return cache.entry("sysroot", sysroot.key, make)


def _command(rust: Rust, facts: RustFacts, target: Path, jobs: int | None) -> list[str | Path]:
    command: list[str | Path] = [rust.cargo, "build", "--release", "-Zbuild-std=core,alloc"]
    command += [*cargo.target_arguments(facts, target), *jobs_arguments(jobs)]
    if rust.vendored:
        source = rust.library / "vendor"
        command += ["--offline"]
        command += ["--config", 'source.crates-io.replace-with="vendored-with-rustc"']
        command += ["--config", f"source.vendored-with-rustc.directory={cargo.toml_string(source)}"]
    return command
