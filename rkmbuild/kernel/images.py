"""What belongs to a kernel beside its headers: an image to boot, its modules, its symbol map."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild.arch import names
from rkmbuild.base import files

# Debian ships a System.map of one line that names the package with the real one.
_SMALLEST_MAP = 1024


class Parts(NamedTuple):
    """The parts that were found, None where one is not there."""

    image: Path | None
    system_map: Path | None
    modules: Path | None


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
    return Parts(
        image=next((path for path in images if files.is_file(path)), None),
        system_map=next((path for path in maps if _is_map(path)), None),
        modules=next((path for path in module_folders if files.is_folder(path / "kernel")), None),
    )


def _roots(build: Path) -> list[Path]:
    machine = Path("/")
    if build.parent.name == "src" and build.parent.parent.name == "usr":
        own = build.parent.parent.parent
        return [own] if own == machine else [own, machine]
    return [machine]


def _is_map(path: Path) -> bool:
    return files.is_file(path) and path.stat().st_size >= _SMALLEST_MAP
