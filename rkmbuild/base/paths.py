"""Where things lie: the cache, the state and the data that travel with the package."""

import os
from pathlib import Path

from rkmbuild.base.errors import StorageError

_PACKAGE = Path(__file__).resolve().parents[1]


def data(name: str) -> Path:
    """Return the folder `name` (templates, targets, patches, crates) that ships with the tool.

    A wheel carries it inside the package, a checkout beside it.
    """
    packaged = _PACKAGE / "data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def cache_dir() -> Path:
    """Return the cache: `RKMBUILD_CACHE_DIR`, else rkmbuild in the user's cache folder.

    Raises:
        StorageError: nobody says where the user's home is.
    """
    return _from_environment("RKMBUILD_CACHE_DIR", "user_cache_path")


def state_dir() -> Path:
    """Return the state folder: what we learnt of this machine and would have to measure again.

    Raises:
        StorageError: nobody says where the user's home is.
    """
    return _from_environment("RKMBUILD_STATE_DIR", "user_state_path")


def _from_environment(variable: str, default: str) -> Path:
    named = os.environ.get(variable)
    if named:
        return Path(named).absolute()
    import platformdirs  # noqa: PLC0415 - 30 ms that a run with the variable set does not need

    try:
        found: Path = getattr(platformdirs, default)("rkmbuild", appauthor=False)
    except RuntimeError:
        found = Path("~")  # which older releases of platformdirs give
    if not found.is_absolute():
        raise StorageError(
            "this user has no home folder to keep a cache in",
            hint="set HOME, or RKMBUILD_CACHE_DIR and RKMBUILD_STATE_DIR, to folders of his",
        )
    return found
