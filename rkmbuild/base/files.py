"""Whether a file or folder is there for this user: in one that he may not enter, nothing is.

`Path.is_file` and its like raise PermissionError there, up to Python 3.13. /root/.cargo/bin in the
PATH of another user is such a place, and so are /boot and /usr/src on a hardened system.
"""

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Tell whether `path` leads to a file."""
    return os.path.isfile(path)  # noqa: PTH113 - see above


def is_folder(path: Path) -> bool:
    """Tell whether `path` leads to a folder."""
    return os.path.isdir(path)  # noqa: PTH112 - see above


def is_there(path: Path) -> bool:
    """Tell whether `path` leads to anything."""
    return os.path.exists(path)  # noqa: PTH110 - see above
