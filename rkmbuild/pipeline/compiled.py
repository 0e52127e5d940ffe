"""What kbuild compiled for modules, kept in the cache: objects by all that went into them.

An object of the same name is made by the same command of the same text. What it included besides
are files with stamps, as kbuild's note of the object lists them (`.<name>.o.cmd`): where one has
changed, the object is none of ours any more.
"""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rkmbuild.base import cache, files
from rkmbuild.pipeline.recipe import Recipe, Stamps, noted

KIND = "object"
_REVISION = 1
_INCLUDED = "included.json"
# In the module's folder: which objects of the cache lie there.
_STATE = "rkmbuild_compiled.json"
# A line of a list of prerequisites (scripts/basic/fixdep.c).
_LISTED = re.compile(r"^ +(?:\$\(wildcard (\S+)\)|([^\s$]\S*)) \\$", re.MULTILINE)
_ANY_LISTED = re.compile(r"^ +\S.* \\$", re.MULTILINE)
# An object that an earlier make left was compiled so long before it was there, at most: in s.
_COMPILATION = 2.0
# In the state: how often everything was compiled anew so that it can be kept.
_RENEWED = "renewed"


class Compiled:
    """The objects of one module's folder."""

    def __init__(self, folder: Path, recipe: Recipe, stamps: Stamps) -> None:
        self._folder = folder
        self._recipe = recipe
        self._stamps = stamps
        self._identity = recipe.identity
        self._state = _state(folder)
        self._documents: dict[Path, dict[str, Any]] = {}

    def name(self, target: str, content: str) -> str:
        """Return the name of an object in the cache.

        Args:
            target: Its name in the folder.
            content: What is generated for it, and is not part of the recipe.
        """
        return cache.key(KIND, _REVISION, self._identity, target, content)

    def is_known(self, target: str, content: str = "") -> bool:
        """Tell whether an object can be had without a compiler."""
        return self._find(self.name(target, content)) is not None

    def provide(self, target: str, content: str = "") -> bool:
        """Put an object in its place, with kbuild's note of it; false where it is not known."""
        name = self.name(target, content)
        place = self._find(name)
        if not place:
            return False
        names = self._documents[place]["files"]
        if self._state.get(target) != [name, self._here(names)]:
            for file in names:
                shutil.copyfile(place / file, self._folder / file)
            self._note(target, name, names)
        return True

    def keep(
        self,
        target: str,
        content: str,
        *,
        began: float,
        known: Sequence[str],
        beside: Sequence[str],
        stamps: Stamps,
    ) -> bool:
        """Take an object into the cache, if it is of what is there now.

        make goes by times that a copy has from its original, so its word is not enough for what it
        compiled in an earlier run.

        Args:
            target: Its name.
            content: What was generated for it.
            began: When the run began that has just ended: seconds since 1970.
            known: The files of the folder whose content is in `content` or in the recipe.
            beside: Files that come with the object, the oldest first.
            stamps: What is known of files since the run has ended.

        Returns:
            Whether it is there.
        """
        name = self.name(target, content)
        included = list(self._included(target, known))
        made = (self._folder / target).stat().st_mtime
        start = began if made >= began else made - _COMPILATION
        last = stamps.last_change([*included, *self._recipe.stamps])
        if "" in included or last >= start:
            return False
        names = [*beside, target, noted(target)]
        if not self._find(name):
            cache.remove(KIND, name)

            def make(folder: Path) -> None:
                for file in names:
                    shutil.copyfile(self._folder / file, folder / file)
                document = {"included": stamps.all(included), "files": names}
                (folder / _INCLUDED).write_text(json.dumps(document))

            cache.entry(KIND, name, make)
        self._note(target, name, names)
        return True

    def settle(self, *, complete: bool) -> None:
        """Note whether all that an ended make made was kept.

        What was not may be an object that make did not compile in this run, and would never be: the
        next run makes all of them, once.
        """
        self._state[_RENEWED] = 0 if complete else self._state.get(_RENEWED, 0) + 1
        files.write(self._folder / _STATE, json.dumps(self._state))

    def _find(self, name: str) -> Path | None:
        """Return where an object lies in the cache, if it is of what is there now."""
        place = cache.find(KIND, name)
        if not place:
            return None
        if place not in self._documents:
            try:
                self._documents[place] = json.loads((place / _INCLUDED).read_text())
            except (OSError, ValueError):
                return None
        return place if self._stamps.hold(self._documents[place]["included"]) else None

    def _here(self, names: Sequence[str]) -> list[list[int] | None]:
        fresh = Stamps()
        found = (fresh.of(str(self._folder / file)) for file in names)
        return [list(stamp) if stamp else None for stamp in found]

    def _note(self, target: str, name: str, names: Sequence[str]) -> None:
        self._state[target] = [name, self._here(names)]
        files.write(self._folder / _STATE, json.dumps(self._state))

    def _included(self, target: str, known: Sequence[str]) -> Iterator[str]:
        """Give the files that an object was made of, but for `known` ones; "" for an odd one."""
        text = (self._folder / noted(target)).read_text(errors="surrogateescape")
        text = text.partition("\ndeps_")[2].partition("\n\n")[0]
        if len(_ANY_LISTED.findall(text)) != len(_LISTED.findall(text)):
            yield ""
        for found in _LISTED.finditer(text):
            file = Path(self._recipe.folder, found[1] or found[2])
            if file.parent == self._folder and file.name in known:
                continue
            yield str(file)


def is_to_be_emptied(folder: Path) -> bool:
    """Tell whether all objects of a folder are to be made anew, so that they can be kept."""
    return bool(_state(folder).get(_RENEWED) == 1)


def emptied(folder: Path) -> None:
    """Note that this was done: it is not done again if that does not help."""
    (folder / _STATE).write_text(json.dumps({_RENEWED: 2}))


def _state(folder: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((folder / _STATE).read_text())
    except (OSError, ValueError):
        return {}
    return state
