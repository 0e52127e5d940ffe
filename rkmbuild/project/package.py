"""What lies in the folder of a package: its Rust source, and what its build script may read."""

import os
from collections.abc import Iterator
from pathlib import Path

from rkmbuild.base import cache
from rkmbuild.project import manifest


def sources(folder: Path) -> list[Path]:
    """Return the files of Rust in a package's `src`, and where its library lies if not there."""
    library = manifest.table(_read(folder), "lib", folder / "Cargo.toml").get("path", "src/lib.rs")
    tops = dict.fromkeys([folder / "src", (folder / str(library)).parent])
    return sorted({file for top in tops for file in below(top) if file.suffix == ".rs"})


def has_script(folder: Path) -> bool:
    """Tell whether a package has a build script: `build.rs`, unless it says something else."""
    package = manifest.table(_read(folder), "package", folder / "Cargo.toml")
    said = package.get("build", (folder / "build.rs").is_file())
    return bool(said)


def below(top: Path) -> Iterator[Path]:
    """Give a folder, its files and all below, but for what is hidden or was built there.

    A folder is given as well, since its time changes when a file in it comes or goes.
    """
    for name, folders, files in os.walk(top):
        here = Path(name)
        folders[:] = [
            inner
            for inner in folders
            if not inner.startswith(".")
            and not (inner == "target" and here == top)
            and not (here / inner / cache.TAG).exists()
        ]
        yield here
        yield from (here / file for file in files)


def _read(folder: Path) -> dict[str, object]:
    return manifest.read(folder / "Cargo.toml")
