"""The crates that a source's procedural macros are made with, compiled once for all its kernels.

`rust/Makefile` (7.0 and later) compiles proc_macro2, quote and syn for this machine, into
`rust/host`: a third of all that rustc does for a sidecar. No configuration goes into them. Whether
what is there already will do is left to kbuild, which notes the command beside each file
(`if_changed_dep` of scripts/Kbuild.include): it compiles anew what another one would be for.
"""

import shutil
from functools import partial
from pathlib import Path

from rkmbuild.base import cache, files, paths
from rkmbuild.pipeline.api.upstream.source import Source
from rkmbuild.toolchain.parts import Rust

KIND = "host-crates"
_FOLDER = Path("rust/host")
# Counts up when such an entry is put together in another way.
_REVISION = 1


def put(objtree: Path, source: Source, rust: Rust) -> bool:
    """Put those of an earlier build for a source into an objtree; tell whether they are there."""
    if files.is_folder(objtree / _FOLDER):
        return True
    found = cache.find(KIND, _name(source, rust))
    if found is None:
        return False
    (objtree / _FOLDER).mkdir(parents=True)
    _copy(found, objtree / _FOLDER)
    return True


def keep(objtree: Path, source: Source, rust: Rust) -> None:
    """Keep those that a build for a source made.

    A source of the user's is copied for one build alone, and its path is in all commands.

    Raises:
        StorageError: there is no space for them.
    """
    made = objtree / _FOLDER
    lasting = paths.cache_dir() / cache.UNFINISHED not in source.folder.parents
    if lasting and files.is_folder(made) and any(made.glob("*.rlib")):
        cache.entry(KIND, _name(source, rust), partial(_copy, made))


def _name(source: Source, rust: Rust) -> str:
    return cache.key(_REVISION, source.name, source.folder, rust.rustc, rust.verbose)


def _copy(made: Path, place: Path) -> None:
    # With their times, by which make tells what is newer.
    for file in made.iterdir():
        if file.suffix in (".rlib", ".cmd"):
            shutil.copy2(file, place / file.name)
