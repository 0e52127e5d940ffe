"""The file that a guest's kernel is booted from: unpacked, where it can be.

A kernel's image unpacks itself first, for which an emulated processor needs 0.4 to 0.7 s, a fifth
of its boot. The unpacked kernel is kept in the cache, where it takes some 60 MB. It is the same
kernel but for its place, which is random only where the image's own code moves it.
"""

import functools
from pathlib import Path

from rkmbuild.arch.guest import GuestMachine
from rkmbuild.base import cache, console, files
from rkmbuild.base.errors import RkmbuildError
from rkmbuild.kernel import packed_image

_KIND = "boot-image"
_REVISION = 1
_NAME = "vmlinux"


def unpacked(image: Path, guest: GuestMachine) -> Path | None:
    """Return the unpacked kernel of an image, or None where it has to be booted as it is.

    That is so where the architecture's qemu starts no unpacked kernel, where this one was built
    without what that takes, where the tool that unpacks it is not there, or the cache cannot be
    written. Nothing of it is a failure: the image boots as well.

    Args:
        image: The image.
        guest: The machine that is to boot it.
    """
    if guest.payload is None:
        return None
    try:
        entry = cache.entry(
            _KIND,
            cache.key(_KIND, _REVISION, files.named_stamp(image)),
            functools.partial(_make, image, guest),
        )
    except (RkmbuildError, OSError) as error:
        console.detail(f"{image} is booted as it is, packed: {error}")
        return None
    found = entry / _NAME
    return found if files.is_file(found) else None


def _make(image: Path, guest: GuestMachine, folder: Path) -> None:
    """Fill an entry of the cache; one without the kernel says that the image has to be booted."""
    data = guest.payload(image.read_bytes()) if guest.payload else None
    if data is None:
        return
    plain = folder / _NAME
    if packed_image.unpack(data, plain) and not guest.starts_unpacked(plain.read_bytes()):
        plain.unlink()
