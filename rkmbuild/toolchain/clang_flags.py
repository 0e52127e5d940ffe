"""Flags made for gcc, as one certain clang or libclang takes them: kept, replaced, dropped.

Which flags a clang has is asked of that clang; a small table holds only what it cannot know.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from rkmbuild.arch.clang import Replacement
from rkmbuild.base import cache
from rkmbuild.base.errors import ToolchainError

# Counts up when the rules below say other things, or a compiler is asked in another way.
_REVISION = 1

# Flags whose value is the next word, as far as kbuild, or a user's ccflags-y, has them.
_TWO_WORDS = frozenset({
    "-I", "-D", "-U", "-include", "-imacros", "-isystem", "-iquote", "-idirafter", "-iprefix",
    "-isysroot", "--param", "-Xclang", "-Xassembler", "-Xpreprocessor", "-mllvm", "-x", "-arch",
    "-target", "-T", "-u", "-z", "-L", "-o", "-MF", "-MT", "-MQ",
})  # fmt: skip
# The preprocessor's own, the same in every C compiler: not asked for, as their files would be read.
_COMMON = ("-I", "-D", "-U", "-include", "-imacros", "-isystem", "-iquote", "-idirafter")


class Probe(Protocol):
    """Something that can be asked what it thinks of flags."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def identity(self) -> object:
        """What tells it from another version in its place, for the cache's key."""

    def __call__(self, flags: Sequence[str]) -> list[str]:
        """Return what it says of `flags`, a line for each objection; nothing if it takes all."""


# A flag, or a flag and the value in the word behind it.
_Unit = tuple[str, ...]


class Dropped(NamedTuple):
    """A flag that was left out, and why, in the compiler's words."""

    flag: str
    why: str


class Replaced(NamedTuple):
    """A flag that was written in another way."""

    flag: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Translation:
    """What became of a list of flags.

    Attributes:
        kept: The flags to use, in their order, replacements included.
        dropped: The flags that this compiler does not have.
        replaced: The flags that it has under another name.
    """

    kept: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    replaced: tuple[Replaced, ...]


# Tried only where the clang at hand objects to the flag, and then asked of it as well.
_REPLACEMENTS = (
    # gcc's -Wmaybe-uninitialized is part of clang's -Wuninitialized (clang diagnostics reference).
    Replacement(r"-W(no-)?maybe-uninitialized", r"-W\1uninitialized"),
    # Levels above 0 are gcc's, for the comments that count as a fall-through mark (gcc 7 manual).
    Replacement(r"-Wimplicit-fallthrough=[1-9]", "-Wimplicit-fallthrough"),
    Replacement(r"-Wimplicit-fallthrough=0", "-Wno-implicit-fallthrough"),
    Replacement(r"-W(no-)?override-init", r"-W\1initializer-overrides"),
)  # fmt: skip


def translate(
    flags: Sequence[str], probe: Probe, architectures: Sequence[Replacement] = ()
) -> Translation:
    """Return `flags`, made for gcc, for the compiler behind `probe`; remembered on disk.

    Args:
        flags: The flags.
        probe: The compiler.
        architectures: What the kernel's architecture has under other names.

    Raises:
        ToolchainError: the compiler objects to flags together that it takes one by one.
    """
    units = list(_units(flags))
    asked = [unit for unit in units if not unit[0].startswith(_COMMON)]
    key = cache.key(_REVISION, probe.identity, asked)

    def make(folder: Path) -> None:
        replaced, dropped = _asked(asked, probe, (*_REPLACEMENTS, *architectures))
        answer = {"replaced": replaced, "dropped": dropped}
        (folder / "answer.json").write_text(json.dumps(answer, indent=1))

    place = cache.entry("clang-flags", key, make)
    answer = json.loads((place / "answer.json").read_text())
    replaced, dropped = dict(answer["replaced"]), dict(answer["dropped"])
    kept: list[str] = []
    for unit in units:
        flag = " ".join(unit)
        if flag in replaced:
            kept.append(replaced[flag])
        elif flag not in dropped:
            kept.extend(unit)
    return Translation(
        kept=tuple(kept),
        dropped=tuple(Dropped(*item) for item in dropped.items()),
        replaced=tuple(Replaced(*item) for item in replaced.items()),
    )


def lines(translation: Translation, name: str) -> list[str]:
    """Return what `-v` says of a translation for the compiler `name`, a line for each flag."""
    return [
        *(f"{name}: {flag} becomes {by}" for flag, by in translation.replaced),
        *(f"{name}: {flag} is dropped: {why}" for flag, why in translation.dropped),
    ]


def _asked(
    units: Sequence[_Unit], probe: Probe, known: Sequence[Replacement]
) -> tuple[dict[str, str], dict[str, str]]:
    refused = _refused(list(dict.fromkeys(units)), probe)
    candidates = {unit: by for unit in refused if (by := _replacement(" ".join(unit), known))}
    kept = [unit for unit in units if unit not in refused]
    tried: list[_Unit] = list(dict.fromkeys((by,) for by in candidates.values()))
    refused_too = _refused(tried, probe, beside=kept)
    replaced = {" ".join(unit): by for unit, by in candidates.items() if (by,) not in refused_too}
    dropped = {
        flag: why for unit, why in refused.items() if (flag := " ".join(unit)) not in replaced
    }
    return replaced, dropped


def _replacement(flag: str, known: Sequence[Replacement]) -> str | None:
    for pattern, by in known:
        found = re.fullmatch(pattern, flag)
        if found:
            # expand() takes a group that did not take part as empty, as re.sub does.
            return found.expand(by) if isinstance(by, str) else by(found)
    return None


def _refused(
    units: Sequence[_Unit], probe: Probe, beside: Iterable[_Unit] = ()
) -> dict[_Unit, str]:
    """Return those of `units` that the compiler objects to, each with its words.

    A compiler stops at the first kind of objection (flags its driver does not know, then flags
    its target does not have, then warnings it does not know), so it is asked until it is content.
    """
    company = list(beside)
    refused: dict[_Unit, str] = {}
    left = list(units)
    while left and (said := probe(_words([*company, *left]))):
        named = dict(_named(left, said)) or _found_by_halves(left, probe, company)
        if not named:
            raise ToolchainError(
                f"{probe.name} cannot work with this kernel's flags: {said[0]}",
                hint="another version of it may: `rkmbuild doctor` names what installs one",
            )
        refused |= named
        left = [unit for unit in left if unit not in named]
    return refused


def _named(units: Sequence[_Unit], said: Sequence[str]) -> Iterator[tuple[_Unit, str]]:
    """Give the flags that messages name, each with its message.

    The forms are those of DiagnosticDriverKinds.td: the flag in quotes, or "argument 'value' to
    option 'flag='", where clang before 15 leaves the dash away.
    """
    for message in said:
        quoted = re.findall(r"'([^']*)'", message)
        names = quoted[:1]
        if len(quoted) > 1 and "option" in message:
            value, option = quoted[:2]
            names += [option + value, f"-{option}{value}"]
        for unit in units:
            if " ".join(unit) in names:
                yield unit, message


def _found_by_halves(
    units: Sequence[_Unit], probe: Probe, company: Sequence[_Unit]
) -> dict[_Unit, str]:
    """Return the flags that the compiler objects to without naming them."""
    said = probe(_words([*company, *units]))
    if not said:
        return {}
    if len(units) == 1:
        return {units[0]: said[0]}
    middle = len(units) // 2
    return _found_by_halves(units[:middle], probe, company) | _found_by_halves(
        units[middle:], probe, company
    )


def _units(flags: Sequence[str]) -> Iterator[_Unit]:
    words = iter(flags)
    for word in words:
        value = next(words, None) if word in _TWO_WORDS else None
        yield (word,) if value is None else (word, value)


def _words(units: Iterable[_Unit]) -> list[str]:
    return [word for unit in units for word in unit]
