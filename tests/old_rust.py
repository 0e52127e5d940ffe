"""Rust compilers that are older than what this machine has installed, as Debian packaged them."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from rkmbuild.base import cache
from rkmbuild.distro.apt_suite import Suite
from rkmbuild.distro.companions import companions

# The suite that has each release that can build modules.
_SUITES = {"1.78": "bullseye", "1.85": "bookworm"}
_PACKAGES = ("rustc-web", "cargo-web", "rust-web-src", "libstd-rust-web-dev")
_LIBRARIES = "lib/x86_64-linux-gnu"
# Debian's programs look for their libraries where the package puts them, which is not here.
_WRAPPER = """\
#!/bin/sh
root=$(cd "$(dirname "$0")/../root" && pwd)
export LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu"
exec "$root/usr/bin/{program}" "$@"
"""

RELEASES = tuple(_SUITES)


def rustc(release: str) -> Path:
    """Return rustc of `release`, with cargo and the library's source, fetched once."""

    def make(folder: Path) -> None:
        root = _unpacked(folder, _SUITES[release], (*_PACKAGES, f"libstd-rust-web-{release}"))
        (source,) = (root / "usr/src").iterdir()
        for entry in source.iterdir():
            if entry.is_dir() and entry.name != "library":
                shutil.rmtree(entry)
        _wrap(folder, "rustc", "cargo")

    return cache.entry("test-rust", release, make) / "bin" / "rustc"


def too_old() -> Path:
    """Return rustc 1.63, Debian 12's own, which rkmbuild refuses; it has nothing beside it."""

    def make(folder: Path) -> None:
        _unpacked(folder, "bookworm", ("rustc", "libstd-rust-1.63"))
        _wrap(folder, "rustc")

    return cache.entry("test-rust", "1.63", make) / "bin" / "rustc"


def _unpacked(folder: Path, suite: str, names: Sequence[str]) -> Path:
    """Unpack the packages `names` and the libraries that this machine lacks; return the root."""
    asked = Suite(suite, allow_expired=True)
    offered = asked.with_dependencies(names)
    programs = [offered[name] for name in names]
    libraries = [each for each in companions(programs, (), offered) if each.name not in names]
    work, root = folder / "apt", folder / "root"
    for got in asked.download(libraries, work):
        subprocess.run(["dpkg-deb", "-x", got.file, root], check=True)
    # The machine's linker, which rustc starts, would find them before its own.
    for library in root.glob(f"**/{_LIBRARIES}/*.so*"):
        if Path("/usr", _LIBRARIES, library.name).exists():
            library.unlink()
    for got in asked.download(programs, work):
        subprocess.run(["dpkg-deb", "-x", got.file, root], check=True)
    cache.discard(work)
    shutil.rmtree(root / "usr/share")
    return root


def _wrap(folder: Path, *programs: str) -> None:
    (folder / "bin").mkdir()
    for program in programs:
        wrapper = folder / "bin" / program
        wrapper.write_text(_WRAPPER.format(program=program))
        wrapper.chmod(0o755)
