"""Kernel trees in the shapes that distributions give them, from files of real Debian kernels."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rkmbuild.kernel import fetched_kernel, images
from rkmbuild.kernel.fetched_kernel import FetchedKernel, FetchedPackage
from rkmbuild.kernel.tree import KernelTree

DATA = Path(__file__).parent / "data" / "kernel"

# What each recorded kernel calls itself.
RELEASES = {
    "6.1": "6.1.0-56-cloud-amd64",
    "6.12": "6.12.117+deb12-cloud-amd64",
    "7.2": "7.2.13+deb14-cloud-amd64",
}

_SCRIPT = "module.lds"
_TOOLS = ("scripts/basic/fixdep", "scripts/mod/modpost", "scripts/Makefile.build")


def debian(root: Path, series: str = "6.12", folder: str | None = None) -> Path:
    """Unpack what Debian's header packages hold below `root`; return the objtree.

    The objtree names the common part by an absolute path, and both have links to the tools.
    """
    release = RELEASES[series]
    makefile = (DATA / series / "Makefile").read_text()
    common = root / "usr/src" / Path(makefile.split()[-1]).parent.name
    kbuild = root / "usr/lib/linux-kbuild"
    build = root / "usr/src" / (folder or f"linux-headers-{release}")
    for name in (*_TOOLS, "tools/objtool/objtool"):
        _write(kbuild / name)
    for tree in (build, common):
        tree.mkdir(parents=True, exist_ok=True)
        for part in ("scripts", "tools"):
            if not (tree / part).is_symlink():
                (tree / part).symlink_to(Path("../../lib/linux-kbuild") / part)
    _top_makefile(common / "Makefile")
    _write(common / "include/linux/module.h")
    _write(build / "Makefile", makefile)
    _write(build / "arch/x86" / _SCRIPT)
    _generated(build, series)
    return build


def single(folder: Path, series: str = "6.12") -> Path:
    """Make a tree that is its own source, as Fedora's, Arch's or one's own build; return it."""
    for name in (*_TOOLS, "tools/objtool/objtool", "include/linux/module.h"):
        _write(folder / name)
    _write(folder / "scripts" / _SCRIPT)
    _top_makefile(folder / "Makefile")
    _generated(folder, series)
    return folder


def image(root: Path, release: str, place: str = "boot") -> Path:
    """Put an image to boot below `root`, in /boot or in the module folder."""
    modules = root / "lib/modules" / release
    path = modules / "vmlinuz" if place == "modules" else root / "boot" / f"vmlinuz-{release}"
    _write(path, "MZ")
    (modules / "kernel").mkdir(parents=True, exist_ok=True)
    return path


def fetched(cache: Path, series: str, name: str | None = None, **said: Any) -> FetchedKernel:
    """Put a kernel into the cache as fetching does; its manifest has what is `said`."""
    entry = cache / "kernel" / (name or series)
    build = debian(entry, series)
    image(entry, RELEASES[series])
    parts = images.find(build, RELEASES[series], [entry])
    kernel = FetchedKernel(
        **{
            "entry": entry,
            "source": "apt",
            "suite": None,
            "release": RELEASES[series],
            "date": "2026-11-27T00:00:00.000000Z",
            "packages": (FetchedPackage("linux-image", "1", "amd64", "0" * 64),),
            "build": build,
            "parts": parts,
            **said,
        }
    )
    fetched_kernel.write(kernel)
    (entry / ".done").touch()
    return kernel


def built(cache: Path, release: str, name: str, date: str = "2026-11-28") -> FetchedKernel:
    """Put a kernel into the cache as building one does."""
    entry = cache / fetched_kernel.BUILT / f"{release}-{date}"
    build = single(entry / "linux")
    called(build, release)
    kernel = FetchedKernel(
        entry=entry,
        source="apt",
        suite=None,
        release=release,
        date=f"{date}T00:00:00.000000Z",
        packages=(FetchedPackage("linux-source-6.12", "1", "all", "0" * 64),),
        build=build,
        parts=images.Parts(None, None, None),
        name=name,
        features=("kasan",),
    )
    fetched_kernel.write(kernel)
    (entry / ".done").touch()
    return kernel


def called(build: Path, release: str) -> None:
    """Have a tree say that it is another release's."""
    (build / "include/generated/utsrelease.h").write_text(f'#define UTS_RELEASE "{release}"\n')


def _generated(build: Path, series: str) -> None:
    data = DATA / series
    config = build / "include/config"
    generated = build / "include/generated"
    for folder in (config, generated / "uapi/linux"):
        folder.mkdir(parents=True)
    shutil.copy(data / "auto.conf", config)
    shutil.copy(data / "kernel.release", config)
    shutil.copy(data / "auto.conf", build / ".config")
    shutil.copy(data / "utsrelease.h", generated)
    shutil.copy(data / "compile.h", generated)
    shutil.copy(data / "version.h", generated / "uapi/linux")
    shutil.copy(data / "Module.symvers", build)
    _write(generated / "autoconf.h")


def _top_makefile(path: Path) -> None:
    # As long as a real one, which is how it is told from one that only includes another.
    _write(path, "VERSION = 6\ninclude $(srctree)/scripts/Makefile.compiler\n" + "# \n" * 2000)


def _write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def copied(tree: KernelTree, root: Path) -> Path:
    """Give a copy of a real tree below `root`, whose own files `replace` can change."""
    usr = next(parent for parent in tree.build.parents if parent.name == "usr")
    for part in ("lib", "src"):
        (root / part).mkdir(parents=True)
        for folder in (usr / part).iterdir():
            (root / part / folder.name).symlink_to(folder)
    build = root / tree.build.relative_to(usr)
    build.unlink()
    shutil.copytree(tree.build, build, symlinks=True, copy_function=os.link)
    return build


def replace(file: Path, change: Callable[[str], str]) -> None:
    """Change a file of such a copy."""
    text = file.read_text()
    file.unlink()  # The file is still that of the real tree.
    file.write_text(change(text))
