"""Turns the traces of a log into functions, files and lines of the module's source."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rkmbuild.klog.frames import Frame
from rkmbuild.klog.reports import Collector, Report
from rkmbuild.ko.demangle import demangle
from rkmbuild.trace import unloaded
from rkmbuild.trace.addr2line import Addr2line, Spot
from rkmbuild.trace.debugfile import DebugFile, Place
from rkmbuild.trace.search import Found, Search, fitting
from rkmbuild.trace.source import Origin, Sources, origin

# What demangling takes is no matter, unless names were made to take long.
_A_MOMENT = 0.5
_MOST_SECONDS = 5.0
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
class Decoded:
    """A report of the kernel, decoded.

    Attributes:
        report: As it was read.
        modules: What was found for each module that it is about.
        frames: Its places.
    """

    report: Report
    modules: dict[str, Found] = field(default_factory=dict)
    frames: list[DecodedFrame] = field(default_factory=list)

    @property
    def telling(self) -> bool:
        """Whether it says more than the report itself."""
        return any(found.debug for found in self.modules.values()) or any(
            _RUST.match(frame.frame.symbol) for frame in self.frames
        )

    @property
    def where(self) -> Spot | None:
        """The innermost place in the module's own source."""
        for frame in self.frames:
            for spot in frame.spots if frame.frame.reliable else ():
                if spot.line and origin(spot.file)[0] is Origin.MODULE:
                    return spot
        return None

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        where = self.where
        return {
            "kind": str(self.report.kind),
            "title": self.report.title,
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
            "frames": [frame.document() for frame in self.frames],
        }


class _Lookup:
    """One file with debug information, and what answers for it."""

    def __init__(self, debug: DebugFile) -> None:
        self.debug = debug
        self._lines = Addr2line(debug.path)
        self._sources = Sources(debug.path.stat().st_mtime)

    @property
    def problem(self) -> str:
        """Why there is no answer, or empty."""
        return self._lines.problem

    def fill(self, frames: Sequence[tuple[DecodedFrame, Place]]) -> None:
        """Look the frames up, all at once, and write down what they are."""
        if not self.debug.has_lines:
            for frame, _ in frames:
                frame.problem = "it has no line numbers"
            return
        self._lines.ask([place for _, place in frames])
        for frame, place in frames:
            frame.spots = self._lines.at(place)
            frame.sources = tuple(self._sources.line(s.file, s.line) for s in frame.spots)
            files = {spot.file for spot in frame.spots}
            frame.changed = frozenset(filter(self._sources.changed, files))
            if not any(spot.file for spot in frame.spots):
                frame.spots, frame.sources = (), ()
                frame.problem = self._lines.problem or "no line is known for it"


class Decoder:
    """Takes the lines of a log and gives each report, decoded, when it is whole.

    Args:
        search: Finds debug information.
        text: Tells where the .text of an unloaded module was, by its name; None or 0 where that is
            not known.
    """

    def __init__(self, search: Search, text: Callable[[str], int | None] | None = None) -> None:
        self._search = search
        self._text = text
        self._collector = Collector()
        self._lookups: dict[DebugFile, _Lookup] = {}
        self._demangling = 0.0

    @property
    def pending(self) -> bool:
        """Whether a report has begun that has not been given."""
        return self._collector.pending

    @property
    def problem(self) -> str:
        """Why no lines could be looked up, or empty."""
        return next((lookup.problem for lookup in self._lookups.values() if lookup.problem), "")

    def feed(self, text: str) -> Decoded | None:
        """Take a line without its prefix; return the report that was whole before."""
        return self._decode(self._collector.feed(text))

    def flush(self) -> Decoded | None:
        """Return what there is of a report that was begun: no more lines come."""
        return self._decode(self._collector.flush())

    def _decode(self, report: Report | None) -> Decoded | None:
        if report is None:
            return None
        decoded = Decoded(report=report)
        wanted: dict[DebugFile, list[tuple[DecodedFrame, Place]]] = {}
        for frame in report.frames:
            shown = DecodedFrame(frame=frame, module=frame.module, name=str(frame))
            decoded.frames.append(shown)
            module = frame.module
            if frame.address is not None and unloaded.may_hold(frame.address):
                module = shown.module = report.unloaded
            if not module:
                continue
            if module not in decoded.modules:
                found = self._search.find(module, frame.build_id, report.release)
                own = [each for each in report.frames if each.module == module]
                decoded.modules[module] = fitting(found, own)
            debug = decoded.modules[module].debug
            place = self._place(shown, debug) if debug else None
            if debug and place:
                wanted.setdefault(debug, []).append((shown, place))
        for debug, frames in wanted.items():
            self._lookup(debug).fill(frames)
        self._name(decoded.frames)
        return decoded

    def _name(self, frames: Sequence[DecodedFrame]) -> None:
        """Demangle the names, with one process at most."""
        if self._demangling > _MOST_SECONDS:
            return
        started = time.monotonic()
        for frame, name in zip(frames, demangle([frame.name for frame in frames]), strict=True):
            frame.name = name
        self._demangling += max(0.0, time.monotonic() - started - _A_MOMENT)

    def _lookup(self, debug: DebugFile) -> _Lookup:
        if debug not in self._lookups:
            self._lookups[debug] = _Lookup(debug)
        return self._lookups[debug]

    def _place(self, shown: DecodedFrame, debug: DebugFile) -> Place | None:
        frame = shown.frame
        if frame.address is not None:
            return self._unloaded(shown, debug, frame.address - frame.behind)
        place = debug.find(frame)
        if isinstance(place, str):
            shown.problem = place
            return None
        # A call comes back to the instruction behind it, which may be of another line.
        back = frame.behind if frame.exact or not frame.offset else 1
        return Place(place.section, place.offset - back)

    def _unloaded(self, shown: DecodedFrame, debug: DebugFile, address: int) -> Place | None:
        text = self._text(shown.module) if self._text else None
        if text:
            places = [place for place in [unloaded.at(debug, address, text)] if place]
        else:
            places = unloaded.guesses(debug, address)
        if not places:
            shown.problem = "no code of the module was there"
            return None
        if len(places) > 1:
            # With one that a function begins at, something was called that had gone.
            begins = [place for place in places if _begins(debug, place)]
            places = begins if len(begins) == 1 else places
        shown.guessed, shown.others = not text, len(places) - 1
        place = places[0]
        function = debug.function_at(place)
        if function:
            shown.name = f"{function.name}+{place.offset - function.value:#x}/{function.size:#x}"
        return place if _begins(debug, place) else Place(place.section, place.offset - 1)


def _begins(debug: DebugFile, place: Place) -> bool:
    function = debug.function_at(place)
    return function is not None and function.value == place.offset
