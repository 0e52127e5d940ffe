"""Find programs: all of those in PATH and not only the first, and those in a user's own folders."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from rkmbuild.base import files

# A user's own PATH lacks these on Debian; kmod's programs, ldconfig and Fedora's busybox lie there.
_ALWAYS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def folders(*more: str) -> Iterator[Path]:
    """Give the folders of PATH, then those for root, then `more`, each once."""
    seen: set[Path] = set()
    for name in (*os.environ.get("PATH", "").split(os.pathsep), *_ALWAYS, *more):
        folder = Path(name)
        # A relative folder in PATH would make the result depend on where one stands.
        if folder.is_absolute() and files.is_folder(folder):
            real = folder.resolve()
            if real not in seen:
                seen.add(real)
                yield folder


def every(pattern: str) -> Iterator[Path]:
    """Give every program whose whole name matches the regular expression, in PATH's order."""
    expression = re.compile(pattern)
    for folder in folders():
        try:
            # Paths for the two thousand names of /usr/bin would cost more than the search.
            with os.scandir(folder) as entries:
                names = sorted(e.name for e in entries if expression.fullmatch(e.name))
        except OSError:
            continue
        yield from (folder / name for name in names if is_program(folder / name))


def named(name: str, *more: str) -> Path | None:
    """Return the first program called `name`, or the path itself where `name` is one.

    Args:
        more: Folders to look in where PATH and the usual ones do not have it.
    """
    if os.sep in name:
        path = Path(name).absolute()
        return path if is_program(path) else None
    return next((folder / name for folder in folders(*more) if is_program(folder / name)), None)


def users_folder(variable: str, default: str) -> Path | None:
    """Return the folder that `variable` names, else `default` in the user's home.

    None where nobody says what that is: without HOME, for a user whom the system does not know.
    """
    named = os.environ.get(variable)
    if named:
        return Path(named)
    try:
        return Path.home() / default
    except RuntimeError:
        return None


def is_program(path: Path) -> bool:
    """Tell whether `path` is a file that we may run."""
    return files.is_file(path) and os.access(path, os.X_OK)
