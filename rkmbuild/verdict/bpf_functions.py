"""Functions that a module gives to BPF programs: whether its kernel takes them for these."""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

from rkmbuild.base.errors import RkmbuildError
from rkmbuild.kernel.btf.blob import Blob, Kind
from rkmbuild.ko import kfuncs
from rkmbuild.ko.elf import Elf
from rkmbuild.ko.kfuncs import Kfunc, OwnTypes
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.findings import Verdict
from rkmbuild.verdict.rules import dangers, notes
from rkmbuild.verdict.subject import Subject


def check(subject: Subject, report: FindingList) -> None:
    """Judge the functions of a module that BPF programs may call, and the types of them."""
    file = subject.file
    if not file.find(kfuncs.IDS):
        return
    if not file.find(kfuncs.BTF, allocated=False):
        # __register_btf_kfunc_id_set: "missing module BTF, cannot register kfuncs"
        if subject.target.config.on("DEBUG_INFO_BTF_MODULES"):
            report.add(
                notes.KFUNC_NO_TYPES,
                "the module has sets of types or functions (.BTF_ids), and no types (.BTF)",
                place=kfuncs.IDS,
            )
        return
    found = kfuncs.read(file)
    own = kfuncs.own_types(file)
    if not found or not own:
        return
    wrong = next(_differing(subject, own, found, report), "")
    if wrong:
        report.add(dangers.KFUNC_TYPES_DIFFER, wrong, place=kfuncs.BTF)
    _check_flags(subject, found, report)
    _check_names(subject, found, report)


def names(file: Elf) -> tuple[str, ...]:
    """Return the names of a module's functions that BPF programs may call."""
    return tuple(each.name for each in kfuncs.read(file) if each.name)


def compared(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return verdicts on modules that are judged together, with what two of them both have."""
    owners: dict[str, str] = {}
    made = []
    for verdict in verdicts:
        report = FindingList({"release": verdict.kernel or "RELEASE", "name": verdict.module})
        for name in verdict.kfuncs:
            owner = owners.setdefault(name, verdict.module)
            if owner != verdict.module:
                _say_twice(name, f"{owner} has it as well", report)
        findings = (*verdict.findings, *report.findings)
        made.append(dataclasses.replace(verdict, findings=findings))
    return made


def _differing(
    subject: Subject, own: OwnTypes, found: list[Kfunc], report: FindingList
) -> Iterator[str]:
    """Give what tells that the module's types are not for this kernel, in words."""
    if any(not each.name for each in found):
        yield "a set of functions has a number that is no function's: the module's types are others"
    base = subject.file.find(kfuncs.BASE, allocated=False) if subject.target.since(6, 11) else 0
    if not subject.target.at_hand:
        return
    try:
        known = subject.target.types()
    except (RkmbuildError, OSError) as error:
        report.unchecked.append(f"types of functions for BPF programs: {error}")
        return
    if known is None:
        report.unchecked.append(
            "types of functions for BPF programs: the types of this kernel were not found"
        )
    elif base:
        for name in _structures(bytes(subject.file.content(subject.file.sections[base]))):
            if name not in known.structs:
                yield f"its functions pass a structure {name}, which this kernel does not have"
    elif (own.first, own.strings) != (known.types, known.strings):
        yield (
            f"they build on {own.first - 1} types of a kernel, and this one has {known.types - 1}: "
            "it is another build"
        )


def _structures(base: bytes) -> list[str]:
    try:
        blob = Blob(base)
        return [blob.string(each.name) for each in blob.types() if each.kind == Kind.STRUCT]
    except ValueError:
        return []


def _check_flags(subject: Subject, found: list[Kfunc], report: FindingList) -> None:
    known = subject.target.kfunc_flags
    for each in found if known else ():
        unknown = each._replace(flags=each.flags & ~known).words()
        if unknown:
            message = f"`{each.name}` has the flags {', '.join(unknown)}, which this kernel ignores"
            report.add(dangers.KFUNC_FLAGS, message, place=each.name)


def _check_names(subject: Subject, found: list[Kfunc], report: FindingList) -> None:
    """add_kfunc_call (kernel/bpf/verifier.c) asks kallsyms_lookup_name, the kernel's own first."""
    target = subject.target
    loaded = _of_modules(target.kallsyms, but=subject.name) if target.kallsyms else {}
    for each in found:
        owner = target.kfuncs.get(each.name) or loaded.get(each.name)
        export = target.exports.get(each.name)
        if owner and owner != subject.name:
            _say_twice(each.name, f"{owner} has it as well", report)
        elif export:
            where = "the kernel" if export.module == "vmlinux" else export.module
            _say_twice(each.name, f"{where} has a symbol of that name", report)


def _say_twice(name: str, why: str, report: FindingList) -> None:
    report.add(dangers.KFUNC_DUPLICATE, f"`{name}`: {why}", place=name)


def _of_modules(kallsyms: Path, *, but: str) -> dict[str, str]:
    """Return the module of each symbol of those that are loaded, but for one module."""
    try:
        text = kallsyms.read_text()
    except OSError:
        return {}
    rows = (line.split() for line in text.splitlines() if line.endswith("]"))
    found = ((row[2], row[3].strip("[]")) for row in rows if len(row) == 4)
    return {name: module for name, module in found if module != but}
