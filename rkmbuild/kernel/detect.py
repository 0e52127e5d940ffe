"""Reads what a kernel tree says of itself; the name of its folder is never taken for a fact."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from rkmbuild.arch import names
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import compiler, completeness, images, kconfig
from rkmbuild.kernel.completeness import UTS_RELEASE
from rkmbuild.kernel.tree import Kconfig, KernelTree, KernelVersion, Origin

KERNEL_RELEASE = Path("include/config/kernel.release")
_VERSION_H = Path("include/generated/uapi/linux/version.h")

# An objtree's Makefile is one line that includes the srctree's (Debian, openSUSE, `make O=`); a
# top Makefile is at least fifty times as long.
_SMALL_MAKEFILE = 4096
_INCLUDE = re.compile(r"^include\s+([^$\n]*?)/?Makefile\s*$", re.MULTILINE)


def unreadable(error: OSError) -> KernelError:
    """Return the error for a tree that this user may not read, or that cannot be read at all."""
    return KernelError(
        f"cannot read {error.filename}: {error.strerror}",
        hint="a kernel's tree must be readable for the user who builds modules for it",
    )


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unreadable(error) from None


@_reading()
def read_tree(path: Path, origin: Origin, parts: images.Parts | None = None) -> KernelTree:
    """Return the kernel whose tree is at `path`: headers, a build folder, or /lib/modules/RELEASE.

    Args:
        path: The tree.
        origin: How it was found.
        parts: What belongs to it beside the tree; looked for where None.

    Raises:
        KernelError: there is no tree, or it lacks what a module build needs.
    """
    build = build_folder(path)
    config = kconfig.read(build)
    release = read_release(build)
    source = _source(build)
    completeness.check(build, source, config, release)
    found = parts or images.find(build, release)
    symvers = build / "Module.symvers"
    return KernelTree(
        release=release,
        version=_version(build, release),
        arch=_arch(build, config),
        build=build,
        source=source,
        origin=origin,
        config=config,
        compiler=compiler.read(build, config),
        symvers=symvers if symvers.is_file() else None,
        image=found.image,
        system_map=found.system_map,
        modules=found.modules,
        companions=found.companions,
    )


@_reading()
def build_folder(path: Path) -> Path:
    """Return the objtree that `path` leads to, all links followed.

    Raises:
        KernelError: it leads to none.
    """
    if not path.exists():
        dangling = " (a link that leads nowhere)" if path.is_symlink() else ""
        raise KernelError(
            f"{path} does not exist{dangling}",
            hint="`rkmbuild kernel list` shows the kernels of this machine",
        )
    if not path.is_dir():
        raise KernelError(
            f"{path} is not a folder",
            hint="--kernel needs a release, or the folder of a kernel's headers or of its build",
        )
    if not is_objtree(path) and (path / "build").exists():
        path /= "build"
    return path.resolve()


def read_release(build: Path) -> str:
    """Return what `uname -r` says under the kernel whose objtree is `build`.

    UTS_RELEASE comes first: it is what vermagic is compiled from (include/linux/vermagic.h).
    Debian sets KERNELRELEASE to another text than include/config/kernel.release has: its 6.1
    headers say 6.1.192 there, while the kernel calls itself 6.1.0-56-cloud-amd64.

    Raises:
        KernelError: the tree does not say.
    """
    header = _text(build / UTS_RELEASE)
    found = re.search(r'^#define\s+UTS_RELEASE\s+"([^"\n]+)"', header, re.MULTILINE)
    release = found[1] if found else _text(build / KERNEL_RELEASE).strip()
    if not re.fullmatch(r"\d+\.\d+\S*", release):
        raise KernelError(
            f"{build} does not say which kernel it is for: neither {UTS_RELEASE} nor "
            f"{KERNEL_RELEASE} has a release",
            hint="install the kernel's headers again, or run `make modules_prepare` in a source",
        )
    return release


def is_objtree(path: Path) -> bool:
    """Tell whether a folder has a kernel's configuration."""
    return (path / kconfig.AUTO_CONF).exists() or (path / kconfig.DOT_CONFIG).exists()


def _version(build: Path, release: str) -> KernelVersion:
    # The release of Debian's 6.1 is 6.1.0-56 for ever; LINUX_VERSION_SUBLEVEL (5.18) has the real
    # number, and unlike LINUX_VERSION_CODE is not cut off at 255.
    found = dict(
        re.findall(r"^#define LINUX_VERSION_(\w+) (\d+)$", _text(build / _VERSION_H), re.MULTILINE)
    )
    names = ("MAJOR", "PATCHLEVEL", "SUBLEVEL")
    if all(name in found for name in names):
        return KernelVersion(*(int(found[name]) for name in names))
    return KernelVersion.parse(release)


def _arch(build: Path, config: Kconfig) -> str:
    for each in names.ALL:
        if each.option and config.on(each.option):
            return each.rustc
    raise KernelError(
        f"{build / kconfig.AUTO_CONF} does not say which machine the kernel is for",
        hint="install the kernel's headers again, or choose another kernel with --kernel",
    )


def _source(build: Path) -> Path:
    """Return the srctree of the objtree `build`."""
    makefile = build / "Makefile"
    try:
        text = _text(makefile) if makefile.stat().st_size <= _SMALL_MAKEFILE else ""
    except OSError:
        text = ""
    found = _INCLUDE.search(text)
    if found:
        named = build / found[1]
        # Debian's headers name /usr/src; where they were unpacked elsewhere the folder stands
        # beside this one, and one in /usr/src is not of the same download. openSUSE's objtree is
        # some folders further down.
        places = [named]
        if named.parent == Path("/usr/src"):
            beside = [folder for folder in build.parents if folder.name == "src"]
            places[:0] = [folder / named.name for folder in (build.parent, *beside)]
        for source in places:
            if (source / "Makefile").is_file():
                return source.resolve()
        raise KernelError(
            f"{build} is incomplete: {makefile} includes {named}/Makefile, which does not exist",
            hint=f"install or unpack {named.name} beside it",
        )
    return build


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="surrogateescape")
    except OSError:
        return ""
