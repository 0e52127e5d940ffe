"""Turns the traces of a log into functions, files and lines of the module's source."""

import time
from collections.abc import Callable, Sequence

from rkmbuild.klog.frames import Frame
from rkmbuild.klog.report import Report
from rkmbuild.klog.reports import Collector
from rkmbuild.ko.demangle import demangle, without_hashes
from rkmbuild.trace import unloaded
from rkmbuild.trace.addr2line import Addr2line, Spot
from rkmbuild.trace.debugfile import DebugFile, Place
from rkmbuild.trace.decoded import Decoded, DecodedFrame, DecodedStack
from rkmbuild.trace.search import Search, fitting
from rkmbuild.trace.source import Sources

# What demangling takes is no matter, unless names were made to take long.
_A_MOMENT = 0.5
_MOST_SECONDS = 5.0


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
        names = self._names([place for _, place in frames])
        for frame, place in frames:
            frame.spots = _of(names[place], self._lines.at(place))
            frame.sources = tuple(self._sources.line(s.file, s.line) for s in frame.spots)
            files = {spot.file for spot in frame.spots}
            frame.changed = frozenset(filter(self._sources.changed, files))
            if not frame.spots:
                frame.problem = self._lines.problem or "no line is known for it"

    def _names(self, places: Sequence[Place]) -> dict[Place, set[str]]:
        """Return what the symbol table calls the function at each place, demangled."""
        named = {place: self.debug.names_at(place) for place in places}
        every = list({name for names in named.values() for name in names})
        shown = dict(zip(every, demangle(every), strict=True))
        return {place: {shown[name] for name in names} for place, names in named.items()}


def _of(names: set[str], spots: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """Return the spots, if they have a line and are of a function of one of these names; else none.

    What a linker leaves out still has its debug information, which then says that the function is
    at 0: some versions of addr2line (binutils 2.44) answer with it for code that has none.
    """
    if not any(spot.line for spot in spots):
        return ()
    outermost = without_hashes(spots[-1].function)
    if outermost and not spots[-1].inlined and names and outermost not in names:
        return ()
    return spots


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
        every = [frame for stack in report.stacks for frame in stack.frames]
        for stack in (report.stack, *report.others):
            shown = [self._shown(decoded, frame, every, wanted) for frame in stack.frames]
            if shown:
                decoded.stacks.append(DecodedStack(title=stack.title, frames=shown))
        for debug, frames in wanted.items():
            self._lookup(debug).fill(frames)
        self._name(decoded)
        return decoded

    def _shown(
        self,
        decoded: Decoded,
        frame: Frame,
        every: Sequence[Frame],
        wanted: dict[DebugFile, list[tuple[DecodedFrame, Place]]],
    ) -> DecodedFrame:
        """Return a place as it is known so far; note what is to be looked up for it.

        Args:
            decoded: The report.
            frame: The place.
            every: All places of the report.
            wanted: Gets the place in the module's file, if there is one.
        """
        release, gone = decoded.report.release, decoded.report.unloaded
        shown = DecodedFrame(frame=frame, module=frame.module, name=str(frame))
        module = frame.module
        if frame.address is not None and unloaded.may_hold(frame.address):
            module = shown.module = gone
        if not module:
            return shown
        if module not in decoded.modules:
            found = self._search.find(module, frame.build_id, release)
            own = [each for each in every if each.module == module]
            decoded.modules[module] = fitting(found, own)
        debug = decoded.modules[module].debug
        place = self._place(shown, debug) if debug else None
        if debug and place:
            wanted.setdefault(debug, []).append((shown, place))
        return shown

    def _name(self, decoded: Decoded) -> None:
        """Demangle the names, with one process at most."""
        decoded.title = decoded.report.title
        if self._demangling > _MOST_SECONDS:
            return
        started = time.monotonic()
        frames = [frame for stack in decoded.stacks for frame in stack.frames]
        titles = [stack.title for stack in decoded.stacks]
        named = iter(demangle([decoded.title, *titles, *(frame.name for frame in frames)]))
        decoded.title = next(named)
        for stack in decoded.stacks:
            stack.title = next(named)
        for frame in frames:
            frame.name = next(named)
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
