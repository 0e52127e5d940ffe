"""Functions that call themselves, at once or through others: the kernel's stack is small."""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass

from rkmbuild.arch.code import CodeReader, Flow, Instruction
from rkmbuild.ko import elf
from rkmbuild.ko.calls import Calls, Place
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, notes
from rkmbuild.verdict.subject import Subject

_SHOWN = 3
_NAMED = 4
# What rustc calls the function with #[panic_handler], mangled or not.
_PANIC_HANDLER = "rust_begin_unwind"
# In the names, mangled either way, of the functions of core that a panic begins with: none returns.
_PANICS = "4core9panicking"
# More of one function is not looked at; the largest of the kernel's own have a third of it.
_LARGEST = 256 << 10
# The largest of the kernel's own have ten.
_LARGEST_CIRCLE = 1000


def check(subject: Subject, reader: CodeReader, calls: Calls, report: FindingList) -> None:
    """Judge the circles of calls: those that no path leaves, and the largest of the others."""
    found_circles = []
    for members in circles(_without_panics(subject, calls.callees)):
        if len(members) <= _LARGEST_CIRCLE:
            found_circles.append(members)
        else:
            report.unchecked.append(f"recursion: {len(members)} functions call each other")
    code = _Code(subject, reader, [place for members in found_circles for place in members])
    rounds = [found for members in found_circles if (found := _round(code, members))]
    rounds.sort(key=lambda found: (not found.endless, -found.size))
    for number, found in enumerate(rounds):
        if number >= _SHOWN and not found.endless:
            break
        alone = len(found.members) == 1
        who, size = "it calls itself", str(found.size)
        if not alone:
            who, size = "they call each other in a circle", f"{found.size} or more"
        names = ", ".join(subject.function_at(*place) for place in found.members[:_NAMED])
        more = len(found.members) - _NAMED
        report.add(
            dangers.ENDLESS_RECURSION if found.endless else notes.RECURSION,
            f"{who}, {'on every path' if found.endless else 'which has to end by itself'}: "
            f"{size} of the {subject.target.arch.stack} bytes of stack for each round",
            place=f"{names} and {more} more" if more > 0 else names,
        )


def _without_panics(
    subject: Subject, callees: Mapping[Place, Mapping[Place, bool]]
) -> dict[Place, Mapping[Place, bool]]:
    """Return the calls within circles, but for those of Rust's panic handler.

    It prints, and what prints may panic: every module has that circle, and a panic ends the thread.
    """
    handlers = {
        place
        for members in circles(callees)
        for place in members
        if _PANIC_HANDLER in subject.function_at(*place)
    }
    return {place: found for place, found in callees.items() if place not in handlers}


def circles(callees: Mapping[Place, Mapping[Place, bool]]) -> list[list[Place]]:
    """Return the strongly connected parts of the graph that a call, and not only jumps, closes.

    By Tarjan's algorithm, without recursion; each part in the order of the places.
    """
    order: dict[Place, int] = {}
    lowest: dict[Place, int] = {}
    open_: list[Place] = []
    is_open: set[Place] = set()
    found: list[list[Place]] = []
    for root in callees:
        if root in order:
            continue
        walk = [(root, iter(callees[root]))]
        order[root] = lowest[root] = len(order)
        open_.append(root)
        is_open.add(root)
        while walk:
            place, rest = walk[-1]
            for callee in rest:
                if callee not in order:
                    order[callee] = lowest[callee] = len(order)
                    open_.append(callee)
                    is_open.add(callee)
                    walk.append((callee, iter(callees.get(callee, ()))))
                    break
                if callee in is_open:
                    lowest[place] = min(lowest[place], order[callee])
            else:
                walk.pop()
                if walk:
                    above = walk[-1][0]
                    lowest[above] = min(lowest[above], lowest[place])
                if lowest[place] == order[place]:
                    members = _closed(open_, place)
                    is_open.difference_update(members)
                    if _has_call(callees, members):
                        found.append(members)
    return found


def _closed(open_: list[Place], first: Place) -> list[Place]:
    """Take a part off the stack, which it is at the top of."""
    members = [open_.pop()]
    while members[-1] != first:
        members.append(open_.pop())
    return sorted(members)


def _has_call(callees: Mapping[Place, Mapping[Place, bool]], members: list[Place]) -> bool:
    inside = set(members)
    return any(
        call and callee in inside
        for place in members
        for callee, call in callees.get(place, {}).items()
    )


@dataclass(frozen=True)
class _Round:
    members: list[Place]
    size: int
    endless: bool


def _round(code: "_Code", members: list[Place]) -> _Round | None:
    """Return what a circle takes; None where it is none, only bytes that looked like a call."""
    circle = set(members)
    bodies = [_Body(code, place, circle) for place in members]
    if not all(body.into_circle for body in bodies):
        return None
    return _Round(
        members,
        # A round of several is one of two at least.
        size=sum(sorted(body.frame for body in bodies)[:2]),
        endless=not any(body.leaves for body in bodies),
    )


class _Code:
    """The code of some functions, and where its relocations lead.

    Attributes:
        reader: What reads it.
        targets: By section and offset; None for another module's symbol.
    """

    def __init__(self, subject: Subject, reader: CodeReader, places: list[Place]) -> None:
        self.reader = reader
        self._subject = subject
        self._file = subject.file
        self._ends: dict[Place, int] = {}
        self.targets: dict[Place, Place | None] = {}
        wanted: dict[int, list[int]] = {}
        for section, start in sorted(places):
            wanted.setdefault(section, []).append(start)
        for section, starts in wanted.items():
            rows = subject.functions[section]
            begins = sorted({begin for begin, _, _ in rows})
            ends = {begin: end for begin, end, _ in rows}
            for start in starts:
                # Functions that lie over one another are read once.
                follower = bisect.bisect_right(begins, start)
                end = begins[follower] if follower < len(begins) else ends[start]
                self._ends[section, start] = min(end, ends[start], start + _LARGEST)
        for table in self._file.sections:
            if table.type == elf.SHT_RELA and table.info in wanted:
                self._read(subject, table, wanted[table.info])

    def _read(self, subject: Subject, table: elf.Section, starts: list[int]) -> None:
        home = table.info
        operand = -subject.target.arch.relocations.call_addend
        for offset, _, number, addend in self._file.relocations(table).rows():
            at = bisect.bisect_right(starts, offset) - 1
            if at < 0 or offset >= self._ends[home, starts[at]] or number >= len(subject.symbols):
                continue
            symbol = subject.symbols[number]
            target = symbol.shndx, symbol.value + addend + operand
            self.targets[home, offset] = target if symbol.shndx else None

    def panics(self, place: Place) -> bool:
        """Tell whether a function only ends in a panic, which ends the thread."""
        return _PANICS in self._subject.function_at(*place)

    def instructions(self, place: Place) -> dict[int, Instruction]:
        """Return those of a function, by their place in the section."""
        section, start = place
        content = self._file.content(self._file.sections[section])
        body = bytes(content[start : self._ends[place]])
        return {one.at: one for one in self.reader.instructions(body, start)}


class _Body:
    """A function of a circle.

    Attributes:
        into_circle: Whether it calls or jumps to a function of the circle.
        leaves: Whether it can end without that.
        frame: Bytes of stack that it takes, the return address among them.
    """

    def __init__(self, code: _Code, place: Place, circle: set[Place]) -> None:
        self._section = place[0]
        self._circle = circle
        self._relocated = code.targets
        self._panics = code.panics
        self._code = code.instructions(place)
        self.into_circle = any(self._target(one) in circle for one in self._code.values())
        self.frame = code.reader.return_address + sum(one.stack for one in self._code.values())
        self.leaves = self._leaves(place[1])

    def _target(self, one: Instruction) -> Place | None:
        """Return where a direct call or jump leads; None for what is no such, or is elsewhere."""
        if one.target is None:
            return None
        return self._relocated.get((self._section, one.operand), (self._section, one.target))

    def _leaves(self, start: int) -> bool:
        seen: set[int] = set()
        waiting = [start]
        while waiting:
            at = waiting.pop()
            one = self._code.get(at)
            if at in seen or one is None:
                continue
            seen.add(at)
            if one.flow in (Flow.RETURN, Flow.INDIRECT_JUMP):
                return True
            target = self._target(one)
            if one.flow in (Flow.JUMP, Flow.CONDITIONAL_JUMP):
                if not target or target[0] != self._section:
                    return True
                if target not in self._circle:
                    if target[1] not in self._code:
                        return True
                    waiting.append(target[1])
            outside = one.flow is Flow.CALL and target and target not in self._circle
            if outside and target and self._panics(target):
                return True
            goes_on = one.flow not in (Flow.JUMP, Flow.NOWHERE)
            if goes_on and not (one.flow is Flow.CALL and target in self._circle):
                waiting.append(one.end)
        return False
