"""A make of kbuild's once more, without the second that it takes to read the top Makefile.

That asks the compiler some dozens of questions, and tells the answers to the makes that do the work
(scripts/Makefile.build, Makefile.modpost, Makefile.modfinal; 6.1 to 7.3) by their environment. As
long as kernel, tools and variables stay the same, so do the answers: the makes are noted as they
were started, and started again.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import files
from rkmbuild.base.tool_environment import local_environment

# make reads what MAKEFILES names before anything else. The shell's parent is make, as it was
# started.
_NOTING = """\
$(shell for part in cmdline environ; do \
cat /proc/$$PPID/$$part >{folder}/$$PPID.$$part; done; \
readlink /proc/$$PPID/cwd >{folder}/$$PPID.cwd)
"""
_WORKERS = ("Makefile.build", "Makefile.modpost", "Makefile.modfinal")
# What a make tells those that it starts of the jobs that are left.
_JOBS = re.compile(r" -j\d*(?= |$)| --jobserver-(?:auth|fds)=\S+")
_NOTES, _MAKEFILE, _NOTED = "makes", "note.mk", "again.json"


class Make(NamedTuple):
    """A make: what it was started with."""

    argv: list[str]
    env: dict[str, str]
    folder: str


class Again:
    """What is known of the makes that work in one folder."""

    def __init__(self, work: Path, command: Sequence[str]) -> None:
        """Take the folder, and the command that has the makes started."""
        self._work = work
        # Another environment may have another answer come.
        self._identity = [list(command), sorted(local_environment().items())]

    def known(self) -> list[Make]:
        """Return the makes that do what the command would do; none where they are not known."""
        try:
            document = json.loads((self._work / _NOTED).read_text())
        except (OSError, ValueError):
            return []
        if json.loads(json.dumps(self._identity)) != document["identity"]:
            return []
        return [Make(*each) for each in document["makes"]]

    def environment(self) -> dict[str, str]:
        """Return the environment in which the command has each make noted."""
        notes = self._work / _NOTES
        notes.mkdir(exist_ok=True)
        for left in notes.iterdir():
            left.unlink()
        makefile = self._work / _MAKEFILE
        makefile.write_text(_NOTING.format(folder=notes))
        return {**local_environment(), "MAKEFILES": str(makefile)}

    def note(self) -> None:
        """Note the makes that did the work of a command that went well."""
        found: dict[int, list[Make]] = {}
        noted = (self._work / _NOTES).glob("*.cmdline")
        for file in sorted(noted, key=lambda file: file.stat().st_mtime_ns):
            folder = file.with_suffix(".cwd").read_text().rstrip("\n")
            make = Make(_words(file), _environment(file.with_suffix(".environ")), folder)
            found.setdefault(int(make.env.get("MAKELEVEL", "0")), []).append(make)
        # The first that are no top Makefile; those that they start themselves come after.
        for level in sorted(found):
            makes = found[level]
            names = tuple(Path(make.argv[2]).name for make in makes if make.argv[1:2] == ["-f"])
            if names == _WORKERS and len(makes) == len(names):
                document = {"identity": self._identity, "makes": makes}
                files.write(self._work / _NOTED, json.dumps(document))
                return

    def forget(self) -> None:
        """Have the command run the next time."""
        (self._work / _NOTED).unlink(missing_ok=True)


def _words(file: Path) -> list[str]:
    return file.read_text(errors="surrogateescape").split("\0")[:-1]


def _environment(file: Path) -> dict[str, str]:
    env = dict(word.partition("=")[::2] for word in _words(file))
    env.pop("MAKEFILES", None)
    env["MAKEFLAGS"] = _JOBS.sub("", env.get("MAKEFLAGS", ""))
    return env
