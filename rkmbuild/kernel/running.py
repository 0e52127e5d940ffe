"""The kernel that runs: its tree, or what the machine tells of it where its headers are missing."""

import gzip
import os
import zlib
from pathlib import Path

from rkmbuild.arch import names
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import find, kconfig
from rkmbuild.kernel.tree import Compiler, Kconfig, KernelTree, KernelVersion, Origin


def describe(root: Path = Path("/")) -> KernelTree:
    """Return the running kernel.

    Without headers it is enough to judge a module by, but nothing can be built for it: `build` and
    `source` are then where the headers would be. The configuration may be empty.
    """
    release = os.uname().release
    try:
        tree = find.select(release, root)
    except KernelError:
        return _without_headers(root, release)
    return tree if tree.release == release else _without_headers(root, release)


def _without_headers(root: Path, release: str) -> KernelTree:
    machine = os.uname().machine
    known = names.of_uname(machine)
    modules = root / "lib" / "modules" / release
    build = modules / "build"
    config = Kconfig(kconfig.parse(_config(root, release)))
    return KernelTree(
        release=release,
        version=KernelVersion.parse(release),
        arch=known.rustc if known else machine,
        build=build,
        source=build,
        origin=Origin.RUNNING,
        config=config,
        compiler=Compiler("", (0, 0, 0), config.get("CC_VERSION_TEXT", ""), ""),
        symvers=None,
        image=None,
        system_map=None,
        modules=modules if modules.is_dir() else None,
    )


def _config(root: Path, release: str) -> str:
    """Read CONFIG_IKCONFIG_PROC's file, or the copy beside the image or the modules."""
    try:
        return gzip.decompress((root / "proc/config.gz").read_bytes()).decode(errors="replace")
    except (OSError, EOFError, zlib.error):
        pass
    for place in (root / "boot" / f"config-{release}", root / f"lib/modules/{release}/config"):
        try:
            return place.read_text(errors="replace")
        except OSError:
            continue
    return ""
