"""The arithmetic of a module's relocations for one kernel: with its own addresses where it runs."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.base import suggest
from rkmbuild.base.errors import NotAModuleError, UsageError
from rkmbuild.kernel import addresses
from rkmbuild.kernel.addresses import Addresses
from rkmbuild.ko import compression, demangle, elf, signature
from rkmbuild.verdict import arithmetic, layout, malformed, structure, symbols
from rkmbuild.verdict.arithmetic import Explained
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.subject import Subject
from rkmbuild.verdict.target import Target


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Relocations of a module, explained.

    Attributes:
        file: The module's file.
        kernel: The kernel's release; empty where none is at hand.
        real: Whether its sections are where the running kernel has them.
        relocations: What was asked for.
    """

    file: str
    kernel: str
    real: bool
    relocations: tuple[Explained, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {
            "file": self.file,
            "kernel": self.kernel or None,
            "loaded": self.real,
            "relocations": [each.document() for each in self.relocations],
        }


def explain(
    ko: Path, kernel: Target, which: str | None, *, running: bool = False, root: Path = Path("/")
) -> Explanation:
    """Explain one relocation of each type; or those of a symbol, or the one with a number.

    Args:
        ko: The module, packed or not.
        kernel: What it is explained for.
        which: A symbol's name, mangled or not, or a number; None for one of each type.
        running: Whether that is the kernel that runs, which can be asked for addresses.
        root: Where its /sys and /proc are.

    Raises:
        NotAModuleError: the loader would not come as far as the relocations.
        ToolchainError: it is packed with zstd, and there is no `zstd` command.
        UsageError: there is no such relocation.
    """
    report = FindingList({**kernel.arch.rule_words, "release": kernel.release, "name": ""})
    body, _ = signature.split(compression.decompress(ko))
    read = structure.check(body, kernel, report)
    if not read or not malformed.tables_fit(read[0]):
        raise NotAModuleError(
            f"{ko} is no module whose relocations could be explained",
            hint=f"`rkmbuild check {ko}` says what is wrong with it",
        )
    subject = Subject(*read, kernel)
    known = Addresses()
    if running:
        imported = {
            subject.symbol_name(each) for each in subject.symbols if each.shndx == elf.SHN_UNDEF
        }
        known = addresses.of(subject.name, imported, root=root)
    values = symbols.check(subject, report, suggest=False)
    settled: set[str] = set()
    places = layout.place(subject, report)
    wanted = _wanted(subject, which) if which else lambda _number, type_, _: type_ not in settled
    every = arithmetic.explained(subject, places, values, known, wanted)
    chosen = list(every) if which else arithmetic.one_of_each(every, settled)
    if which and not chosen:
        raise UsageError(
            f"{ko} has no relocation of `{which}` that is loaded",
            hint=suggest.did_you_mean(which, arithmetic.names(subject))
            or "`rkmbuild inspect` shows what it imports",
        )
    return Explanation(
        file=str(ko),
        kernel=kernel.release,
        real=bool(known.sections),
        relocations=tuple(_readable(chosen)),
    )


def _wanted(subject: Subject, which: str) -> arithmetic.Wanted:
    if which.isdecimal():
        return lambda number, _type, _symbol: number == int(which)
    name = _mangled(subject, which)
    return lambda _number, _type, symbol: symbol == name


def _mangled(subject: Subject, which: str) -> str:
    """Return the name in the file of what is called `which` in the source, if that is not it."""
    names = list(arithmetic.names(subject))
    if which in names:
        return which
    plain = demangle.demangle(names)
    return next((name for name, text in zip(names, plain, strict=True) if text == which), which)


def _readable(found: Sequence[Explained]) -> list[Explained]:
    functions = demangle.demangle([each.function for each in found])
    names = demangle.demangle([each.symbol for each in found])
    return [
        dataclasses.replace(each, function=function, symbol=name)
        for each, function, name in zip(found, functions, names, strict=True)
    ]
