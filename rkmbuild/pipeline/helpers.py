"""C helpers that stand alone: each is compiled into the modules that call it, and into no other.

A kernel that lost what one helper calls then costs those modules alone. The sources are cut at the
helpers' bounds, and each is put behind a macro that a module's build defines for those which its
Rust code asks for. The compiler is told whose lines it reads, so that what it says names them.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

WANTED = "RKMBUILD_WANTS_"
"""What a module's build defines, with a helper's name behind it."""
WANTED_HEADER = "rkmbuild_wanted.h"
"""Where it does so."""
HAS_HEADER = "rkmbuild_has.h"
"""Where a module's build has what was asked of the kernel."""

_HEADER = "helpers.h"
_INCLUDES_HEADER = f'#include "{_HEADER}"'
_MARK = "__rust_helper "
_NAME = re.compile(r"\b(rust_helper_\w+)\(")
# In the comment above a helper: what a module uses where the helper cannot be had.
_INSTEAD = re.compile(r"In its place: (.*?)\s*(?:\*/)?$", re.MULTILINE)
_ERROR = re.compile(
    r"(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: "
    r"(?P<text>.*?)(?: \[-W[^]]*\])?$"
)
# gcc's; where an error is inside a macro, its place is the macro's.
_FUNCTION = re.compile(r"\S.*: In function \W(\w+)\W:$")


@dataclass(frozen=True)
class Helper:
    """One helper.

    Attributes:
        name: The function.
        file: The file that it stands in.
        first: Its first line there, from 1.
        last: Its last line.
        calls: The helpers that it calls itself.
        instead: What to use where it cannot be had, or empty.
    """

    name: str
    file: Path
    first: int
    last: int
    calls: tuple[str, ...]
    instead: str


@dataclass(frozen=True)
class Helpers:
    """All helpers of an API.

    Attributes:
        text: A C file with all of them, of which those are compiled that `WANTED` says.
        known: Each of them.
    """

    text: str
    known: tuple[Helper, ...]

    def beside(self, text: str) -> "Helpers":
        """Return them with more C behind them."""
        return replace(self, text=self.text + text)

    def blamed(self, said: str, wanted: Iterable[str]) -> dict[str, list[str]]:
        """Return the helpers that a compiler could not compile, and what it says of each.

        Args:
            said: What gcc or clang printed.
            wanted: The names of those that it was to compile: all of a file's are lost, where the
                error is in none of them.
        """
        asked = set(wanted)
        found: dict[str, list[str]] = {}
        within = ""
        for line in said.splitlines():
            context = _FUNCTION.match(line)
            if context:
                within = context[1]
                continue
            error = _ERROR.match(line)
            if not error:
                continue
            for name in self._at(Path(error["file"]), int(error["line"]), within, asked):
                texts = found.setdefault(name, [])
                if error["text"] not in texts:
                    texts.append(error["text"])
        return found

    def has(self, name: str) -> bool:
        """Tell whether it is one of them."""
        return any(helper.name == name for helper in self.known)

    def wanted(self, folder: Path) -> list[str]:
        """Return the names of those that the module built in `folder` asks for."""
        with contextlib.suppress(OSError):
            return re.findall(rf"{WANTED}(\w+)", (folder / WANTED_HEADER).read_text())
        return []

    def instead(self, name: str) -> str:
        """Return what to use in place of a helper, or nothing where that is not known."""
        return next((helper.instead for helper in self.known if helper.name == name), "")

    def _at(self, file: Path, line: int, within: str, asked: set[str]) -> list[str]:
        for helper in self.known:
            if helper.file == file and helper.first <= line <= helper.last:
                return [helper.name]
        if self.has(within):
            return [within]
        return [h.name for h in self.known if h.file == file and h.name in asked]


def read(folder: Path) -> Helpers:
    """Cut the C files of a folder, whose `helpers.h` declares the helpers."""
    files = {file: file.read_text().splitlines() for file in sorted(folder.glob("*.c"))}
    known = tuple(helper for file, lines in files.items() for helper in cut(file, lines))
    text = [f'#include "{HAS_HEADER}"', f'#include "{WANTED_HEADER}"']
    # A helper's callees are wanted as it is, and theirs: as many rounds as such a chain is long.
    for helper in sorted(known, key=lambda each: _depth(each, known), reverse=True):
        if helper.calls:
            text += [f"#ifdef {WANTED}{helper.name}"]
            text += [f"#define {WANTED}{name}" for name in helper.calls]
            text += ["#endif"]
    text += [f'#include "{folder / _HEADER}"']
    for file, lines in files.items():
        text += _behind_macros(file, lines, [helper for helper in known if helper.file == file])
    return Helpers("\n".join(text) + "\n", known)


def cut(file: Path, lines: Sequence[str]) -> Iterator[Helper]:
    """Find the helpers in the lines of a C file: from the mark to the brace that ends them."""
    for start, line in enumerate(lines):
        if not line.startswith(_MARK):
            continue
        end = next(i for i in range(start, len(lines)) if lines[i] == "}")
        name, *calls = dict.fromkeys(_NAME.findall("\n".join(lines[start : end + 1])))
        instead = _INSTEAD.search("\n".join(_comment_above(lines, start)))
        yield Helper(name, file, start + 1, end + 1, tuple(calls), instead[1] if instead else "")


def _comment_above(lines: Sequence[str], start: int) -> Sequence[str]:
    begin = start
    while begin and lines[begin - 1].startswith(("/*", " *")):
        begin -= 1
    return lines[begin:start]


def _depth(helper: Helper, known: Sequence[Helper]) -> int:
    callees = [each for each in known if each.name in helper.calls]
    return 1 + max((_depth(each, known) for each in callees), default=0)


def _behind_macros(file: Path, lines: Sequence[str], helpers: Sequence[Helper]) -> Iterator[str]:
    """Yield a file's text: headers and all, where one of its helpers is wanted."""
    starts = {helper.first: helper for helper in helpers}
    ends = {helper.last for helper in helpers}
    if helpers:
        yield "#if " + " || ".join(f"defined({WANTED}{helper.name})" for helper in helpers)
    yield f'#line 1 "{file}"'
    for number, line in enumerate(lines, 1):
        if number in starts:
            yield f"#ifdef {WANTED}{starts[number].name}"
            yield f'#line {number} "{file}"'
        yield "" if line == _INCLUDES_HEADER else line
        if number in ends:
            yield "#endif"
            yield f'#line {number + 1} "{file}"'
    if helpers:
        yield "#endif"
