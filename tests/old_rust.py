"""Rust compilers that are older than what this machine has installed, as Debian packaged them."""

import shutil
import subprocess
from pathlib import Path

from rkmbuild.base import cache
from tests import debian

# By release: the suite that has it, and packages of that suite's libraries that newer ones lack.
_SUITES = {
    "1.78": ("bullseye", ("libllvm16", "libffi7", "libhttp-parser2.9", "libpcre3", "libssl1.1")),
    "1.85": ("bookworm", ("libllvm19", "libhttp-parser2.9", "libpcre3")),
}
_PACKAGES = ("rustc-web", "cargo-web", "rust-web-src", "libstd-rust-web-dev")
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
        suite, libraries = _SUITES[release]
        work, root = folder / "apt", folder / "root"
        packages = (*_PACKAGES, f"libstd-rust-web-{release}", *libraries)
        for package in debian.download(suite, *packages, into=work):
            subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        cache.discard(work)
        shutil.rmtree(root / "usr/share")
        (source,) = (root / "usr/src").iterdir()
        for entry in source.iterdir():
            if entry.is_dir() and entry.name != "library":
                shutil.rmtree(entry)
        (folder / "bin").mkdir()
        for program in ("rustc", "cargo"):
            wrapper = folder / "bin" / program
            wrapper.write_text(_WRAPPER.format(program=program))
            wrapper.chmod(0o755)

    return cache.entry("test-rust", release, make) / "bin" / "rustc"
