"""What belongs to a kernel beside its headers: an image to boot, its modules, its symbol map."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rkmbuild.arch import image_header, names
from rkmbuild.base import files
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel.tree import KernelTree

# Debian ships a System.map of one line that names the package with the real one.
_SMALLEST_MAP = 1024


class Parts(NamedTuple):
    """The parts that were found, None where one is not there."""

    image: Path | None
    system_map: Path | None
    modules: Path | None
    companions: Path | None = None


def find(build: Path, release: str, below: Sequence[Path] | None = None) -> Parts:
    """Return the parts of kernel `release` whose objtree is `build`.

    Args:
        build: The folder that the kernel was built in, or its headers.
        release: What `uname -r` says under it.
        below: The root folders to look in; where None, the one that the objtree was unpacked below
            (usr/src/NAME) and the machine's own.
    """
    roots = [root for root in below or _roots(build) if files.is_folder(root)]
    module_folders = [
        root / lib / "modules" / release for root in roots for lib in ("lib", "usr/lib")
    ]
    # Debian holds the image in /boot up to 7.1 and below /usr/lib/modules from 7.2 on, as Fedora,
    # openSUSE and Arch do.
    images = [build / each.image for each in names.ALL if each.image]
    images += [root / "boot" / f"vmlinuz-{release}" for root in roots]
    images += [folder / "vmlinuz" for folder in module_folders]
    maps = [build / "System.map"]
    maps += [root / "boot" / f"System.map-{release}" for root in roots]
    maps += [folder / "System.map" for folder in module_folders]
    # Debian's debug symbols have the one that its image leaves out.
    maps += [root / "usr/lib/debug/lib/modules" / release / "System.map" for root in roots]
    maps += [root / "usr/lib/debug/boot" / f"System.map-{release}" for root in roots]
    return Parts(
        image=next((path for path in images if files.is_file(path)), None),
        system_map=next((path for path in maps if _is_map(path)), None),
        modules=next((path for path in module_folders if files.is_folder(path / "kernel")), None),
    )


def named(image: Path) -> Path:
    """Return the image that the user names.

    Raises:
        KernelError: there is no such file.
    """
    if not files.is_file(image):
        raise KernelError(f"there is no image {image}", hint="--image names a file to boot")
    return image.resolve()


def with_image(tree: KernelTree, image: Path) -> KernelTree:
    """Return a kernel with another image to boot.

    Raises:
        KernelError: there is no such file, or it is another kernel's.
    """
    place = named(image)
    check_release(place, tree.release)
    return replace(tree, image=place)


def check_release(image: Path, release: str) -> None:
    """Refuse an image that says that it is another kernel's; most say what they are.

    Raises:
        KernelError: it is another one's, or cannot be read.
    """
    try:
        with image.open("rb") as file:
            said = image_header.release(file.read(image_header.SIZE))
    except OSError as error:
        raise KernelError(f"cannot read the image {image}: {error.strerror}") from None
    if said not in (None, release):
        raise KernelError(
            f"the image {image} is of {said}, and the kernel to build for is {release}: it would "
            "refuse every module",
            hint="name the image of the same build, or choose the other kernel with --kernel",
        )


def _roots(build: Path) -> list[Path]:
    machine = Path("/")
    if build.parent.name == "src" and build.parent.parent.name == "usr":
        own = build.parent.parent.parent
        return [own] if own == machine else [own, machine]
    return [machine]


def _is_map(path: Path) -> bool:
    return files.is_file(path) and path.stat().st_size >= _SMALLEST_MAP
