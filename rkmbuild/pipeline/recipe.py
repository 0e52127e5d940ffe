"""The commands by which kbuild made a module, kept in the cache for the next time.

kbuild notes the command of each file that it makes (`.<name>.cmd`, `savedcmd_…`,
scripts/Kbuild.include). As long as all that make reads to arrive at them is as it was, they are
what make would run again: the files of its folder, its command line and its environment are in the
recipe's name, and it has the stamps of makefiles, configuration, tools and other files it uses.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import cache, files
from rkmbuild.base.tool_environment import OF_THE_TERMINAL, local_environment
from rkmbuild.pipeline import kbuild
from rkmbuild.pipeline.kbuild import Kbuild

KIND = "kbuild"
# Counts up when a recipe is written in another way, or other commands come of the same parts.
_REVISION = 1
_FILE = "recipe.json"
# Made from one C file for each module, from Linux 6.12 on (scripts/Makefile.modfinal).
COMMON = ".module-common.o"
SYMVERS = "Module.symvers"
_ORDER = "modules.order"
# `cmd_…` up to Linux 6.1, `savedcmd_…` from 6.2 on
_SAVED = re.compile(r"(?:saved)?cmd_(\S+) := (.*)")
# Nothing of an object's making stands behind this line (rule_cc_o_c, scripts/Makefile.build), but
# for objtool's name and the checksums of exports.
_END = re.compile(r"^\$\(deps_\S+\):\n", re.MULTILINE)
# A word of a shell's command that may name a file: kbuild works in no path that needs quotes.
_WORD = re.compile(r"""[^\s;|&<>(){}'"`]+""")
# What make and the shell tell those that they start, about themselves.
_OF_MAKE = re.compile(
    r"MAKEFLAGS|MFLAGS|MAKELEVEL|MAKEOVERRIDES|MAKE_TERM\w+|PWD|OLDPWD|SHLVL|_|" + kbuild.WAIT
)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a module is made once the library of its Rust code is there.

    Attributes:
        name: The recipe's, in the cache.
        folder: The folder that the commands run in.
        environment: Their environment, but for what is the terminal's.
        saved: Of each file that they make, by name: what kbuild calls it, the command as it was
            noted, which is text for make, and what the note has behind an object's prerequisites.
        texts: Small files that stay the same from build to build, by name.
        stamps: The stamps of all files outside of the module's that decide on the commands and on
            what they do.
    """

    name: str
    folder: str
    environment: dict[str, str]
    saved: dict[str, tuple[str, str, str]]
    texts: dict[str, str]
    stamps: dict[str, files.Stamp | None]

    def command(self, target: str) -> str:
        """Return the command that makes a file, as the shell gets it."""
        return self.saved[target][1].replace("$(pound)", "#").replace("$$", "$")

    @property
    def identity(self) -> str:
        """A name for what would come of the same sources."""
        return cache.key(self.name, self.stamps)


class Found(NamedTuple):
    """What is known of a module.

    Attributes:
        recipe: The commands that make would run, if they are known.
        outdated: Whether some are known, but a file has changed since that make or they read.
    """

    recipe: Recipe | None
    outdated: bool = False


class Stamps:
    """What is known of files by their times and sizes, each looked at once."""

    def __init__(self) -> None:
        self._known: dict[str, os.stat_result | None] = {}

    def of(self, file: str) -> files.Stamp | None:
        """Return the stamp of a file, or None where there is none."""
        status = self._status(file)
        return (status.st_mtime_ns, status.st_size) if status else None

    def all(self, names: Iterable[str]) -> dict[str, files.Stamp | None]:
        """Return the stamps of files."""
        return {file: self.of(file) for file in sorted(names)}

    def hold(self, noted: Mapping[str, files.Stamp | None]) -> bool:
        """Tell whether all files are as they were noted, by a JSON file perhaps."""
        return all(
            self.of(file) == (tuple(was) if was is not None else None)
            for file, was in noted.items()
        )

    def last_change(self, names: Iterable[str]) -> float:
        """Return when the last of some files was changed, or put in its place: s since 1970."""
        found = (self._status(file) for file in names)
        # A copy has the first from its original.
        return max((max(one.st_mtime, one.st_ctime) for one in found if one), default=0.0)

    def _status(self, file: str) -> os.stat_result | None:
        if file not in self._known:
            try:
                self._known[file] = os.stat(file)  # noqa: PTH116 - a Path costs as much again
            except OSError:
                self._known[file] = None
        return self._known[file]


def objects(plan: Kbuild) -> tuple[str, ...]:
    """Return the files that are compiled of C, but for the one that not all kernels have."""
    return (*plan.objects[1:], f"{plan.module}.mod.o")


def noted(target: str) -> str:
    """Return the name of the file in which kbuild notes how it made another one."""
    return f".{target}.cmd"


def find(plan: Kbuild, stamps: Stamps) -> Found:
    """Return the commands by which the module was made, if make would run the same ones now."""
    place = cache.find(KIND, _name(plan)) if plan.whole_rules else None
    if not place:
        return Found(None)
    try:
        recipe = Recipe(**json.loads((place / _FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return Found(None)
    return Found(recipe) if stamps.hold(recipe.stamps) else Found(None, outdated=True)


def note(plan: Kbuild, began: float, stamps: Stamps) -> Recipe | None:
    """Keep the commands of a make that has just made the module; None where that is not possible.

    Args:
        plan: What it was given.
        began: When it began: seconds since 1970.
        stamps: What is known of files since it has ended.
    """
    recipe = _read(plan, began, stamps) if plan.whole_rules else None
    if recipe:
        text = json.dumps(asdict(recipe))
        place = cache.find(KIND, recipe.name)
        if place and (place / _FILE).read_text() != text:
            cache.remove(KIND, recipe.name)
        cache.entry(KIND, recipe.name, lambda folder: _write(folder / _FILE, text))
    return recipe


def environment(recipe: Recipe) -> dict[str, str]:
    """Return what the commands run in."""
    ours = local_environment()
    return recipe.environment | {name: ours[name] for name in OF_THE_TERMINAL if name in ours}


def _write(file: Path, text: str) -> None:
    file.write_text(text)


def _name(plan: Kbuild) -> str:
    ours = local_environment()
    lasting = {name: value for name, value in ours.items() if name not in OF_THE_TERMINAL}
    return cache.key(KIND, _REVISION, plan.command(), dict(plan.files), lasting)


def _read(plan: Kbuild, began: float, stamps: Stamps) -> Recipe | None:
    module = plan.module
    linked = (f"{kbuild.RUST}.o", f"{module}.o", SYMVERS, f"{module}.ko")
    listed = (f"{module}.mod", _ORDER)
    saved = {}
    for target in (*linked, *listed, *objects(plan), COMMON):
        with_command = plan.folder / noted(target)
        if target == COMMON and not with_command.exists():
            continue
        found = _SAVED.match(_text(with_command))
        if not found:
            return None
        end = _END.search(found.string)
        saved[target] = (found[1], found[2], found.string[end.end() :] if end else "")
    # A file that we know nothing of is made by a rule that we know nothing of.
    if {file.name for file in plan.folder.glob(".*.cmd")} != {noted(target) for target in saved}:
        return None
    surroundings = _surroundings(plan.folder / kbuild.ENVIRONMENT)
    if not surroundings:
        return None
    folder, variables = surroundings
    texts = {name: _text(plan.folder / name) for name in listed}
    texts |= {noted(target): _text(plan.folder / noted(target)) for target in (*linked, *listed)}
    recipe = Recipe(
        name=_name(plan), folder=folder, environment=variables, saved=saved, texts=texts, stamps={}
    )
    watched = {*_read_by_make(plan, recipe), *_used(plan, recipe)}
    if stamps.last_change(watched) >= began:
        return None
    return replace(recipe, stamps=stamps.all(watched))


def _surroundings(file: Path) -> tuple[str, dict[str, str]] | None:
    """Return the folder and the environment of make's commands, as the Kbuild notes them."""
    folder, _, listed = _text(file).partition("\n")
    rows = [row.partition("=") for row in listed.split("\0") if row]
    if not folder or not rows:
        return None
    return folder, {
        name: value
        for name, _, value in rows
        if name not in OF_THE_TERMINAL and not _OF_MAKE.fullmatch(name)
    }


def _read_by_make(plan: Kbuild, recipe: Recipe) -> Iterator[str]:
    """Give the files that make reads, and the scripts that it asks."""
    build = plan.objtree
    # The same folder where the kernel's tree is one folder.
    for tree in {build, build.parent / "source"}:
        for folder in (tree / "scripts", tree / "arch" / recipe.environment.get("SRCARCH", "")):
            yield from (str(file) for file in _files(folder))
        yield str(tree / "Makefile")
    for name in (".config", "include/config/auto.conf", "include/config/kernel.release", SYMVERS):
        yield str(build / name)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (file for file in folder.iterdir() if file.is_file())


def _used(plan: Kbuild, recipe: Recipe) -> Iterator[str]:
    """Give the files outside of the module's folder that commands name, programs among them."""
    path = recipe.environment.get("PATH")
    words = {"make", "sh"}
    for target in recipe.saved:
        words |= {word.lstrip("@") for word in _WORD.findall(recipe.command(target))}
    for word in words:
        named = Path(recipe.folder, word)
        if named.is_relative_to(plan.folder) or word.startswith("-"):
            continue
        if "/" not in word:
            program = shutil.which(word, path=path)
            if program:
                yield program
        if files.is_file(named):
            yield str(named)
    yield str(plan.objtree / "scripts" / "basic" / "fixdep")


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="surrogateescape")
    except OSError:
        return ""
