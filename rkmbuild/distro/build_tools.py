"""What a kernel's own build needs and a machine lacks: unpacked into the cache, not installed."""

import os
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base import cache, process
from rkmbuild.base.errors import FetchError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.distro import apt
from rkmbuild.distro.apt import Apt

# Documentation/process/changes.rst, beside what building modules needs anyway.
_TOOLS = ("bison", "flex", "bc", "libelf-dev", "libdw-dev", "xz-utils")
# Their names count up with what they are compiled for (libelf1t64); what depends on them does not.
_LIBRARIES_OF_TOOLS = ("libelf-dev",)
# Counts up when an older rkmbuild unpacked other things of the same packages.
_REVISION = 1


def get(*more: str) -> Path:
    """Return the root folder with what kbuild needs and this machine lacks, unpacked once.

    Args:
        more: Further packages.

    Raises:
        FetchError: apt cannot give one of them.
        StorageError: there is no space for them.
    """
    asked = Apt()
    listed = asked.with_dependencies([*_TOOLS, *more])
    lacking = [listed[name] for name in sorted(listed.keys() - _installed())]

    def make(folder: Path) -> None:
        with cache.temporary() as work:
            for got in asked.download(lacking, work) if lacking else ():
                apt.unpack(got.file, folder)
                got.file.unlink()
        for link in (folder / _libraries()).glob("*.so"):
            # What programs are linked with is a link to the library, which may be installed.
            installed = "/" / _libraries() / link.readlink().name if link.is_symlink() else link
            if not link.exists() and installed.exists():
                link.unlink()
                link.symlink_to(installed)

    versions = [(package.name, package.version) for package in lacking]
    return cache.entry("build-tools", cache.key(_REVISION, versions), make)


def environment(tools: Path) -> dict[str, str]:
    """Return the environment for a kernel's make, in which it finds these tools."""
    library = str(tools / _libraries())
    headers = tools / "usr/include"
    own = {"M4": tools / "usr/bin/m4", "BISON_PKGDATADIR": tools / "usr/share/bison"}
    return tool_environment(
        {
            "PATH": f"{tools}/usr/bin:{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
            "LC_ALL": "C",
            "C_INCLUDE_PATH": f"{headers}:{headers / _libraries().name}",
            "LIBRARY_PATH": library,
            "LD_LIBRARY_PATH": library,
            # Where they are looked for otherwise is where their packages would have put them.
            **{name: str(path) for name, path in own.items() if path.exists()},
        }
    )


def unpack_libraries(folder: Path) -> None:
    """Unpack the libraries that a kernel's tools are linked with, and their loader.

    Raises:
        FetchError: apt cannot give one of them.
        StorageError: there is no space for them.
    """
    asked = Apt()
    listed = asked.with_dependencies(_LIBRARIES_OF_TOOLS)
    wanted = [package for name, package in sorted(listed.items()) if not name.endswith("-dev")]
    folder.mkdir()
    with cache.temporary() as work:
        for got in asked.download(wanted, work):
            apt.unpack(got.file, folder)


def _libraries() -> Path:
    # Debian's words for a machine that we build on are glibc's.
    return Path("usr/lib") / f"{architectures.host().names.uname}-linux-gnu"


def _installed() -> set[str]:
    shown = process.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"],
        doing="asking dpkg what is installed",
        failure=FetchError,
    ).stdout
    rows = [line.split() for line in shown.splitlines()]
    return {name for name, *status in rows if status == ["installed"]}
