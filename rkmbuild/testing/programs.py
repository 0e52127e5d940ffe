"""Programs for a guest, which has no shared libraries: static binaries of tests/*.rs."""

import re
import tempfile
from pathlib import Path

from rkmbuild.base import cache, console, process
from rkmbuild.base.errors import BuildError
from rkmbuild.toolchain.parts import Rust, Version

# Counts up when a program is compiled in another way.
_REVISION = 1
# From 1.97 on rustc tells whatever the linker says: of a static program that asks for names, with
# which each one with glibc is linked, it says that it needs glibc's shared libraries for those.
_TELLS_ALL, _UNSAID = Version(1, 97), ("-Alinker-messages",)
_MAIN = re.compile(r"^\s*(?:pub\s+)?fn\s+main\s*\(", re.MULTILINE)


def build(source: Path, rust: Rust, arch: str, folder: Path) -> Path:
    """Return the static binary of a source file, which uses `std` and no other crate.

    One with a `main` is a program of its own; one without becomes a program of its `#[test]`
    functions. Warnings and errors of rustc are shown as they come.

    Args:
        source: The file.
        rust: What compiles it.
        arch: The guest's, in rustc's word.
        folder: Where the binary goes.

    Raises:
        BuildError: rustc failed.
        StorageError: `folder` cannot be written.
    """
    text = source.read_text(errors="replace")
    target = _target(rust, arch)
    name = cache.key("test program", _REVISION, text, rust.verbose, target)
    program = folder / f"{source.stem}-{name}"
    if program.exists():
        return program
    with cache.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # One of its own for each run: two may compile it at once.
        with tempfile.TemporaryDirectory(prefix=".", dir=folder) as half:
            _compile(source, rust, target, Path(half) / "program", tests=not _MAIN.search(text))
            (Path(half) / "program").rename(program)
    return program


def _compile(source: Path, rust: Rust, target: str, program: Path, *, tests: bool) -> None:
    with console.step("Compiling", f"{source.parent.name}/{source.name}"):
        done = process.run(
            [
                rust.rustc, *(["--test"] if tests else []),
                "--edition", "2021", "--target", target, "--crate-name", _crate(source.stem),
                "-Ctarget-feature=+crt-static", "-Copt-level=1", "-Cstrip=symbols",
                *(_UNSAID if rust.version >= _TELLS_ALL else ()), "-o", program, source,
            ],
            doing=f"compiling {source.name}",
            success=range(256),
        )  # fmt: skip
    if done.returncode != 0:
        raise _failure(done, source, target)
    if done.stderr.strip():
        console.warning(done.stderr.strip())


def _target(rust: Rust, arch: str) -> str:
    """Return the target: musl where its library is there, as it is made for static programs."""
    musl = f"{arch}-unknown-linux-musl"
    return (
        musl if (rust.sysroot / "lib" / "rustlib" / musl).is_dir() else f"{arch}-unknown-linux-gnu"
    )


def _crate(stem: str) -> str:
    name = re.sub(r"\W", "_", stem)
    return f"_{name}" if name[:1].isdigit() else name


def _failure(done: process.Completed, source: Path, target: str) -> BuildError:
    hint = None
    if re.search(r"cannot find -l|unable to find library", done.stderr):
        hint = (
            "a guest's programs are linked statically: the C library's static form is needed "
            "(libc6-dev on Debian, glibc-static on Fedora)"
        )
    elif re.search(r"can't find crate for `(std|test)`|target may not be installed", done.stderr):
        hint = f"the toolchain has no standard library for {target}; rustup target add {target}"
    return BuildError(
        f"rustc could not compile {source}", hint=hint, output=done.stderr or done.stdout
    )
