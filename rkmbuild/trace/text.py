"""A decoded report as text: the module's own lines stand out, the rest is there to read."""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rkmbuild.base.console import visible
from rkmbuild.trace.addr2line import Spot
from rkmbuild.trace.decoded import Decoded, DecodedFrame, DecodedStack
from rkmbuild.trace.source import Origin, origin

_WIDTH = 44
_LONGEST_NAME = 100
_MARK = "    | "
_BOLD, _DIM, _HEAD = "1", "2", "1;36"
_ARGUMENTS = re.compile(r"(?<=[\w)\]])(?:::)?<[^<>]*>")


def lines(decoded: Decoded, *, colour: bool = False) -> Iterator[str]:
    """Give the lines that stand under a report; none where they would say nothing new.

    Args:
        decoded: The report.
        colour: Use the colours of a terminal.
    """
    if not decoded.telling:
        return
    paint = _painted if colour else _plain
    yield _MARK + paint(f"decoded: {visible(decoded.title or decoded.report.title)}", _HEAD)
    if meaning := decoded.meaning:
        yield _MARK + paint(f"  {visible(meaning)}", _BOLD)
    if decoded.report.panic:
        yield _MARK + paint(f"  {visible(decoded.report.panic)}", _BOLD)
    for text in _matches(decoded):
        yield _MARK + paint(f"  {text}", _DIM)
    for stack in decoded.stacks:
        if stack.title:
            yield _MARK + paint(f"  {visible(_short(stack.title))}:", _HEAD)
        yield from _stack(stack, paint)


def _stack(stack: DecodedStack, paint: Callable[[str, str], str]) -> Iterator[str]:
    blocks = [tuple(block) for block in _blocks(stack.frames)]
    for block, times in ((b, len(list(same))) for b, same in itertools.groupby(blocks)):
        for text, style in block:
            yield _MARK + (paint(text, style) if style else text)
        if times > 1:
            yield _MARK + paint(f"      ... {times} times in all", _DIM)


def here(file: str) -> str:
    """Return a file's path from the current folder on, if it is below that."""
    path, folder = Path(file), Path.cwd()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else file


def _matches(decoded: Decoded) -> Iterator[str]:
    for name, found in decoded.modules.items():
        if found.debug and found.matched == "name":
            by = f"by its name only ({found.debug.path.name})"
            yield f"{name}: {by}: the log has no build id of it"
        elif found.debug:
            yield f"{name}: matched by its build id ({found.debug.path.name})"
        else:
            yield f"{name}: {found.problem}"


def _blocks(frames: Sequence[DecodedFrame]) -> Iterator[Iterator[tuple[str, str]]]:
    """Give the lines of each frame, with their styles; frames of the kernel share a line."""
    shown = (frame for frame in frames if frame.frame.reliable or _own(frame))
    for ours, group in itertools.groupby(shown, key=lambda frame: bool(frame.module)):
        if ours:
            yield from map(_frame, group)
        else:
            names = ", ".join(_bare(frame.name) for frame in group)
            yield iter([(visible(f"  ... {names}"), _DIM)])


def _own(frame: DecodedFrame) -> bool:
    return any(spot.line and origin(spot.file)[0] is Origin.MODULE for spot in frame.spots)


def _frame(frame: DecodedFrame) -> Iterator[tuple[str, str]]:
    if frame.frame.address is not None and frame.spots:
        yield _unloaded(frame), ""
    if not frame.spots:
        why = f" ({frame.problem})" if frame.problem else ""
        yield visible(f"    {_short(frame.name)}{why}"), ""
        return
    for spot, text in zip(frame.spots, frame.sources, strict=True):
        yield from _spot(frame, spot, text)


def _spot(frame: DecodedFrame, spot: Spot, text: str | None) -> Iterator[tuple[str, str]]:
    reliable = frame.frame.reliable
    whose, file = origin(spot.file)
    own = whose is Origin.MODULE and bool(spot.line)
    mark = ">" if own and reliable else " "
    doubt = "" if reliable else "? "
    name = f"{doubt}{_short(spot.function or 'unknown')}"
    place = here(file) if own else file
    if spot.line:
        place = f"{place}:{spot.line}"
    remarks = " (inlined)" if spot.inlined else ""
    if own and spot.file in frame.changed:
        remarks += " (the file has changed since)"
    at = f" at {place}" if place else ""
    yield visible(f"  {mark} {name:<{_WIDTH}}{at}{remarks}"), _BOLD if own and reliable else ""
    if own and text is not None and text.strip():
        yield visible(f"      {spot.line:>6} | {text.rstrip()}"), ""


def _unloaded(frame: DecodedFrame) -> str:
    address = f"    {frame.frame.address:#x} was in {frame.module}, which was unloaded"
    if not frame.guessed:
        return f"{address}:"
    if frame.others:
        return f"{address}; by its last digits it is one of {frame.others + 1} places, as:"
    return f"{address}; by its last digits:"


def _bare(name: str) -> str:
    return _short(name.partition("+0x")[0])


def _short(name: str) -> str:
    """Leave generic arguments out of a name that is too long to read."""
    while len(name) > _LONGEST_NAME:
        shorter = _ARGUMENTS.sub("", name, count=1)
        if shorter == name:
            return f"{name[:_LONGEST_NAME]}..."
        name = shorter
    return name


def _painted(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


def _plain(text: str, _style: str) -> str:
    return text
