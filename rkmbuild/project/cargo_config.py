"""The user's configuration of cargo, as far as it has a say in how a module is built."""

import tomllib
from pathlib import Path

from rkmbuild.base import search_path
from rkmbuild.base.errors import ProjectError


def files(root: Path) -> list[Path]:
    """Return the files that cargo reads for a package in `root`, or would if they were there.

    That is `.cargo/config.toml`, or `config` of old, in each folder from its own up to `/`, and in
    cargo's home (The Cargo Book, "Hierarchical structure").
    """
    folders = [folder / ".cargo" for folder in (root, *root.parents)]
    of_all = home()
    if of_all and of_all not in folders:
        folders.append(of_all)
    return [folder / name for folder in folders for name in ("config.toml", "config")]


def home() -> Path | None:
    """Return cargo's home, whose configuration holds for all that its user builds."""
    return search_path.users_folder("CARGO_HOME", ".cargo")


def check(root: Path) -> None:
    """Refuse a configuration that no module can be built with.

    cargo heeds its `[unstable]` table here, since what rkmbuild asks of it is unstable as well.

    Raises:
        ProjectError: it asks cargo for another `core` than the module is built on.
    """
    for file in files(root):
        try:
            unstable = tomllib.loads(file.read_text()).get("unstable")
        except (OSError, ValueError):
            continue  # not there, or cargo says what is wrong with it
        if isinstance(unstable, dict) and unstable.get("build-std"):
            raise ProjectError(
                f"{file} has `build-std` in [unstable], and rkmbuild builds `core` and `alloc` "
                "itself: a module cannot be built on both",
                hint="remove that line; `rkmbuild build` needs no configuration of cargo",
            )
