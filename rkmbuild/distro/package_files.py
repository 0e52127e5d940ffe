"""Files of packages that lie in a folder of the user's."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from rkmbuild.base import cache, files
from rkmbuild.base.errors import FetchError


def copied(file: Path, folder: Path) -> tuple[Path, str]:
    """Copy a package into `folder`; return the copy and its SHA256.

    What was hashed is then what is unpacked, whatever becomes of the file.

    Raises:
        FetchError: it is not there any more.
    """
    try:
        copy = Path(shutil.copy(file, folder))
    except FileNotFoundError:
        raise FetchError(f"{file} is not there any more") from None
    return copy, files.sha256(copy)


def mark(packages: Iterable[Path]) -> str:
    """Return eight hex digits for files as they are now: their names, sizes and times."""
    return cache.key([files.named_stamp(file) for file in packages])[:8]
