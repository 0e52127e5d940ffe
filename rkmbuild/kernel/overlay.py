"""A kernel's tree in our cache, as kbuild can use it: links to the real one, which stays unwritten.

Only what must differ is a file of our own: the Makefile that names the source folder; for a
compiler that is not the kernel's own, scripts/Makefile.modfinal; and scripts that start those of
the kernel's tools which this machine cannot start itself. What a kernel's own build left in its
objtree and its package does not bring can be laid over it.
"""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import cache, paths
from rkmbuild.base.errors import KernelError, StorageError
from rkmbuild.base.files import stamp
from rkmbuild.kernel import companions, modfinal
from rkmbuild.kernel.companions import Companions
from rkmbuild.kernel.tree import KernelTree

# Counts up when an overlay is made in another way.
_REVISION = 3
_MODFINAL = "Makefile.modfinal"
_HEADER = "foreign-compiler.h"
# What make or the shell would not take as part of a name; kbuild itself refuses spaces and colons,
# and hands the names of dependency files to gcc after a comma (-Wp,-MMD,name).
# Bytes that are no UTF-8, which Python reads as these, cargo does not take.
_UNFIT = re.compile(r"[\s:,#$%\"'`\\;&|<>()*?\[\]{}~=\udc80-\udcff]")
# `include /usr/src/linux-headers-6.1.0-56-common/Makefile`, relative in openSUSE's packages.
_INCLUDE = re.compile(r"^include[ \t]+\S.*/Makefile[ \t]*$", re.MULTILINE)
# Kbuild's generated Makefile names the folder that it was made in, and Debian's from 7.2 on names
# its own, which the top Makefile has wanted since 6.13 (`objtree`): there it is said anew.
_OUTPUT = re.compile(r"^export KBUILD_OUTPUT\s*:?=.*\n?", re.MULTILINE)
_OBJTREE = re.compile(r"^KBUILD_OUTPUT\s*:?=.*$", re.MULTILINE)
_INCLUDE_HERE = "include ../source/Makefile"
# From 6.13 on a module's Makefile may include the kernel's (Documentation/kbuild/modules.rst, "A
# separate Kbuild file and Makefile"): make then works in another folder.
_INCLUDE_FROM_ALL = "include $(dir $(lastword $(MAKEFILE_LIST)))../source/Makefile"
_HERE = "KBUILD_OUTPUT := $(realpath $(dir $(lastword $(MAKEFILE_LIST))))"


class File(NamedTuple):
    """A file of an overlay that is no link: what is in it, and its mode."""

    text: str
    mode: int


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """A kernel's tree in the cache.

    Attributes:
        build: The objtree, for `make -C`.
        source: The srctree; the same folder where the real tree is one folder.
        key: Names all that the overlay is made from.
        tree: The kernel that it stands for.
        header: What C files of a compiler that is not the kernel's own include first, or None
            where the overlay is for the kernel's own.
    """

    build: Path
    source: Path
    key: str
    tree: KernelTree
    header: Path | None


def prepare(tree: KernelTree, *, foreign_compiler: bool, over: Path | None = None) -> Overlay:
    """Return the overlay of `tree`, made if the cache does not have it.

    Args:
        tree: The kernel to build for. Nothing is written to its folders.
        foreign_compiler: Let kbuild's last stage take flags away and add some, by the variables
            of `modfinal.variables`, which another compiler than the kernel's own needs.
        over: A folder that lies over the objtree: what is in it is linked to, and hides what the
            objtree has of that name.

    Raises:
        KernelError: the tree lacks a file that is needed, or one has a form that we do not know.
        StorageError: the cache cannot be written, or lies where kbuild cannot work.
    """
    build, source = tree.build.resolve(), tree.source.resolve()
    for needed in (build / "Makefile", source / "Makefile", source / "scripts" / _MODFINAL):
        if not needed.is_file():
            raise KernelError(
                f"the tree of {tree.release} is incomplete: {needed} is missing",
                hint="install the headers of this kernel again, or fetch it: rkmbuild kernel fetch",
            )
    _check_place(paths.cache_dir().resolve())
    scripts = _started_by_us(tree, build)
    one = build == source
    in_build: dict[Path, File | Path] = {**scripts, **(_laid_over(build, over) if over else {})}
    if over and not one:
        text = objtree_makefile((build / "Makefile").read_text(), build, include=_INCLUDE_FROM_ALL)
        in_build[Path("Makefile")] = File(text, 0o644)
    key = _key(tree, build, source, foreign_compiler, in_build)

    def make(folder: Path) -> None:
        makefiles = _modfinal(source, tree) if foreign_compiler else {}
        _link_tree(source, folder / "source", {**makefiles, **(in_build if one else {})})
        if foreign_compiler:
            shutil.copyfile(paths.data("patches") / _HEADER, folder / _HEADER)
        if one:
            (folder / "build").symlink_to("source", target_is_directory=True)
            return
        text = objtree_makefile((build / "Makefile").read_text(), build)
        makefiles = _modfinal(build, tree) if foreign_compiler else {}
        ours = {Path("Makefile"): File(text, 0o644), **makefiles, **in_build}
        _link_tree(build, folder / "build", ours)

    place = cache.entry("overlay", key, make).resolve()
    return Overlay(
        # One folder stays one for make: a link's name would show as two different trees.
        build=place / ("source" if build == source else "build"),
        source=place / "source",
        key=key,
        tree=tree,
        header=place / _HEADER if foreign_compiler else None,
    )


def unfit_for_make(path: Path) -> str | None:
    """Return what in `path` make or the shell would trip over, or None where kbuild can use it.

    The top Makefile refuses spaces and colons ("source directory cannot contain spaces or
    colons", v5.2 and later); the others break its recipes, which quote no path.
    """
    found = _UNFIT.search(str(path))
    if not found:
        return None
    character = found.group()
    if character >= "\udc80":
        return "a byte that is no UTF-8"
    return "a space" if character.isspace() else f"the character {character}"


def objtree_makefile(text: str, folder: Path, *, include: str = _INCLUDE_HERE) -> str:
    """Return the Makefile of an objtree, `text`, with the overlay's source folder in it.

    Args:
        text: What it says.
        folder: Where it lies.
        include: The line that includes the one in the source folder.

    Raises:
        KernelError: it does not include another Makefile.
    """
    placed = _OBJTREE.sub(_HERE, _OUTPUT.sub("", text))
    changed, count = _INCLUDE.subn(lambda _: include, placed)
    if count != 1:
        raise KernelError(
            f"{folder / 'Makefile'} is not one that kbuild or a distribution makes:"
            f" it includes {count or 'no'} other Makefiles",
            hint="name the kernel's own build folder, or the folder that its headers package made",
        )
    return changed


def _check_place(root: Path) -> None:
    problem = unfit_for_make(root)
    if problem:
        raise StorageError(
            f"the cache lies in {str(root)!r}: kbuild cannot work in a path with {problem}",
            hint="set RKMBUILD_CACHE_DIR to a folder with a plain name",
        )


def _link_tree(real: Path, made: Path, ours: Mapping[Path, File | Path]) -> None:
    """Make `made` a folder like `real`: of links, and of the files of ours that are told.

    Args:
        ours: By where they lie, relative to the folder; a path is what a link leads to.
    """
    made.mkdir()
    for name in dict.fromkeys((*_names(real), *(file.parts[0] for file in ours))):
        mine = ours.get(Path(name))
        if isinstance(mine, File):
            (made / name).write_text(mine.text)
            (made / name).chmod(mine.mode)
            continue
        below = {
            file.relative_to(name): each for file, each in ours.items() if file.parts[0] == name
        }
        if below and not mine:
            _link_tree(real / name, made / name, below)
        else:
            (made / name).symlink_to(mine or real / name)


def _laid_over(real: Path, over: Path, below: Path = Path()) -> dict[Path, Path]:
    """Return the links for what is in `over`: of whole folders, where the tree has none there."""
    links: dict[Path, Path] = {}
    for name in _names(over / below):
        here = below / name
        if (over / here).is_dir() and (real / here).is_dir():
            links |= _laid_over(real, over, here)
        else:
            links[here] = over / here
    return links


def _modfinal(folder: Path, tree: KernelTree) -> dict[Path, File]:
    """Return the patched Makefile.modfinal of a folder, if it has one."""
    original = folder / "scripts" / _MODFINAL
    if not original.is_file():
        return {}
    text = modfinal.patched(original.read_text(), tree.version, original)
    return {Path("scripts", _MODFINAL): File(text, 0o644)}


def _started_by_us(tree: KernelTree, build: Path) -> dict[Path, File]:
    """Return a script for each tool of the kernel that this machine cannot start.

    Raises:
        KernelError: there is one, and nothing is here that could.
    """
    unfit = companions.unfit(build)
    if tree.companions:
        there = Companions(root=tree.companions)
        return {tool: File(there.script(build / tool), 0o755) for tool in unfit}
    for tool, why in unfit.items():
        if companions.is_needed(tool):
            raise KernelError(
                f"{tool} of {tree.release} does not run on this machine: it needs {why}",
                hint="`rkmbuild kernel fetch` brings along what a newer kernel's tools need",
            )
    return {}


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _key(
    tree: KernelTree,
    build: Path,
    source: Path,
    foreign_compiler: bool,
    ours: Mapping[Path, File | Path],
) -> str:
    # Names of entries, as a link is made for each: a vmlinux that came later must show up.
    folders = {str(folder): _names(folder) for folder in (build, source)}
    files = [build / "Makefile", source / "Makefile"]
    patches: list[str] = []
    if foreign_compiler:
        for folder in (build, source):
            scripts = folder / "scripts"
            if scripts.is_dir():
                folders[str(scripts)] = _names(scripts)
                files.append(scripts / _MODFINAL)
        patches = [
            file.read_text() for file in (*modfinal.patch_files(), paths.data("patches") / _HEADER)
        ]
    stamps = {str(file): stamp(file) for file in files if file.exists()}
    for here in ours:
        above = (folder for folder in here.parents if (build / folder).is_dir())
        folders |= {str(build / folder): _names(build / folder) for folder in above}
    texts = {
        str(here): each.text if isinstance(each, File) else str(each) for here, each in ours.items()
    }
    return cache.key(_REVISION, tree.release, folders, stamps, patches, foreign_compiler, texts)
