"""One line of the doctor's table, and what the whole table comes to."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rkmbuild.distro import packages
from rkmbuild.toolchain.parts import PassedOver


class Use(StrEnum):
    """What a part is needed for."""

    BUILD = "build"
    RUN = "run"
    LOAD = "load"
    DEVELOP = "develop"


class State(StrEnum):
    """How a part was found; NOTE is a fact to know, and nothing to repair."""

    OK = "ok"
    MISSING = "missing"
    UNFIT = "unfit"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Check:
    """A part, and how it was found.

    Attributes:
        part: Its name.
        use: What it is needed for.
        state: How it was found.
        required: Whether `use` fails without it; no, where another part can stand in for it.
        version: Its version, empty where it has none.
        path: Where it is.
        remark: What else there is to say, or what is wrong.
        passed_over: Other candidates and why they were not taken.
        packages: What to install where it is not there.
        repair: A command that repairs it, where that is not an installation.
    """

    part: str
    use: Use
    state: State
    required: bool = True
    version: str = ""
    path: str = ""
    remark: str = ""
    passed_over: Sequence[PassedOver] = ()
    packages: Sequence[str] = ()
    repair: Sequence[str] = ()

    @property
    def wrong(self) -> bool:
        """Whether it has to be repaired before its use is possible."""
        return self.required and self.state in (State.MISSING, State.UNFIT)

    def command(self) -> str:
        """Return the command that repairs it, as it is typed; empty where none is known."""
        if self.repair:
            return shlex.join(self.repair)
        return shlex.join(packages.typed(self.packages)) if self.packages else ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "part": self.part,
            "needed_for": self.use.value,
            "required": self.required,
            "state": self.state.value,
            "version": self.version,
            "path": self.path,
            "remark": self.remark,
            "passed_over": [{"what": what, "why": why} for what, why in self.passed_over],
            "mend": self.command() if self.state is not State.OK else "",
        }


def can(use: Use, checks: Iterable[Check]) -> bool:
    """Tell whether nothing that `use` needs is wrong."""
    return not any(check.wrong for check in checks if check.use is use)
