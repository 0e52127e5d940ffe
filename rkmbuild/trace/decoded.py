"""A report in the words of the source: its stacks, their places, and what each is there."""

import re
from dataclasses import dataclass, field
from typing import Any

from rkmbuild.klog.frames import Frame
from rkmbuild.klog.report import Report
from rkmbuild.ko.demangle import demangle
from rkmbuild.trace.addr2line import Spot
from rkmbuild.trace.search import Found
from rkmbuild.trace.source import Origin, origin

_RUST = re.compile(r"_R[A-Za-z]|_ZN\d")


@dataclass(kw_only=True)
class DecodedFrame:
    """A place in the code, and what it is in the source.

    Attributes:
        frame: As the kernel printed it.
        module: The module it is in, or empty for the kernel itself.
        name: The function, demangled, and the offset in it; or the address.
        spots: The place in the source, the innermost inlined function first; empty where unknown.
        sources: For each spot the line of the source, or None where that is not at hand.
        changed: The files among them that are newer than the module.
        problem: Why it is unknown, or empty.
        others: How many other places it may be as well: only for an unloaded module.
        guessed: Whether the place follows from the last digits of the address alone.
    """

    frame: Frame
    module: str = ""
    name: str = ""
    spots: tuple[Spot, ...] = ()
    sources: tuple[str | None, ...] = ()
    changed: frozenset[str] = frozenset()
    problem: str = ""
    others: int = 0
    guessed: bool = False

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "text": str(self.frame),
            "module": self.module,
            "name": self.name,
            "reliable": self.frame.reliable,
            "guessed": self.guessed,
            "others": self.others,
            "problem": self.problem or None,
            "source": [
                {
                    "function": spot.function,
                    "file": spot.file or None,
                    "line": spot.line or None,
                    "inlined": spot.inlined,
                    "origin": origin(spot.file)[0].value,
                    "text": text,
                    "changed": spot.file in self.changed,
                }
                for spot, text in zip(self.spots, self.sources, strict=True)
            ],
        }


@dataclass(kw_only=True)
class DecodedStack:
    """One of a report's stacks.

    Attributes:
        title: Whose it is, its names demangled; empty for the one at which it happened.
        frames: Its places.
    """

    title: str
    frames: list[DecodedFrame]

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {"title": self.title, "frames": [frame.document() for frame in self.frames]}


@dataclass(kw_only=True)
class Decoded:
    """A report of the kernel, decoded.

    Attributes:
        report: As it was read.
        title: Its title, its names demangled.
        modules: What was found for each module that it is about.
        stacks: Its stacks; the first is the one at which it happened.
    """

    report: Report
    title: str = ""
    modules: dict[str, Found] = field(default_factory=dict)
    stacks: list[DecodedStack] = field(default_factory=list)

    @property
    def frames(self) -> list[DecodedFrame]:
        """The places of the stack at which it happened."""
        return self.stacks[0].frames if self.stacks else []

    @property
    def telling(self) -> bool:
        """Whether it says more than the report itself."""
        return any(found.debug for found in self.modules.values()) or any(
            _RUST.match(frame.frame.symbol) for stack in self.stacks for frame in stack.frames
        )

    @property
    def meaning(self) -> str:
        """What it is in plain words, where the kernel's are not; or empty."""
        plain = self.report.meaning
        where = self.where
        if not plain or where is None:
            return demangle([plain])[0]
        place = f"{where.function} at {where.file}:{where.line}"
        return re.sub(r" ended in .*", lambda _: f" ended in {place}", plain)

    @property
    def where(self) -> Spot | None:
        """The innermost place in the module's own source, where it happened or else before."""
        for frame in (frame for stack in self.stacks for frame in stack.frames):
            for spot in frame.spots if frame.frame.reliable else ():
                if spot.line and origin(spot.file)[0] is Origin.MODULE:
                    return spot
        return None

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        where = self.where
        return {
            "name": self.report.name,
            "kind": str(self.report.kind),
            "verdict": self.report.verdict.value,
            "title": self.report.title,
            "meaning": self.meaning or None,
            "line": self.report.line,
            "release": self.report.release or None,
            "last_unloaded": self.report.unloaded or None,
            "panic": self.report.panic or None,
            "where": where and {"function": where.function, "file": where.file, "line": where.line},
            "modules": [
                {
                    "name": name,
                    "debug": str(found.debug.path) if found.debug else None,
                    "build_id": found.debug.build_id if found.debug else None,
                    "matched": found.matched or None,
                    "problem": found.problem or None,
                }
                for name, found in self.modules.items()
            ],
            "stack": (self.stacks[0].title or None) if self.stacks else None,
            "frames": [frame.document() for frame in self.frames],
            "stacks": [stack.document() for stack in self.stacks[1:]],
        }
