"""What a kernel would do with a module, told without loading it.

The loader's rules are applied in its order (kernel/module/main.c: load_module), each in the module
that its docstring names; then what the loader does not look at, and the running kernel suffers.
"""

import dataclasses
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import calls, compression, demangle, never_run, packing, signature
from rkmbuild.ko.packing import Packing
from rkmbuild.verdict import (
    bpf_functions,
    exports,
    init_code,
    layout,
    machine_code,
    malformed,
    metadata,
    mitigations,
    namespaces,
    placement,
    recursion,
    relocations,
    rust_symbols,
    signatures,
    structure,
    symbols,
    tables,
    target,
)
from rkmbuild.verdict import packing as packing_check
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.findings import Verdict
from rkmbuild.verdict.rules import dangers, elf_file, notes, permission, refusals
from rkmbuild.verdict.subject import Subject
from rkmbuild.verdict.target import Target


def check(ko: Path | bytes, kernel: KernelTree) -> Verdict:
    """Judge a module, a file (also .gz, .xz, .zst) or its bytes, for a kernel.

    Raises:
        NotAModuleError: the file cannot be read or unpacked. (Whatever its bytes are, there is a
            verdict on them.)
        KernelError: the kernel's Module.symvers is damaged, or modules of its
            architecture cannot be judged yet.
    """
    known = target.of(kernel)
    return judge(ko, known) if isinstance(ko, bytes) else judge_file(ko, known)


def judge_file(ko: Path, kernel: Target, *, explain: bool = True, deep: bool = True) -> Verdict:
    """Judge a module's file as it is, packed or not; the arguments are those of `judge`.

    Raises:
        NotAModuleError: the file cannot be read or unpacked.
        ToolchainError: it is packed with zstd, and there is no `zstd` command.
    """
    packed = packing.read(compression.beginning(ko, packing.HEADER_BYTES))
    data = compression.decompress(ko)
    return judge(data, kernel, name=str(ko), packed=packed, explain=explain, deep=deep)


def judge(
    data: bytes,
    kernel: Target,
    *,
    name: str = "",
    packed: Packing | None = None,
    explain: bool = True,
    deep: bool = True,
) -> Verdict:
    """Judge the bytes of a module; for many modules of one kernel.

    Args:
        data: The module, unpacked.
        kernel: What `target.of` gave.
        name: What to call the file.
        packed: How the file is packed, where the kernel is to get it so.
        explain: Look for near names and for who asks for a symbol: milliseconds for each one.
        deep: Disassemble the code as well.
    """
    report = FindingList(
        {**kernel.arch.rule_words, "release": kernel.release or "RELEASE", "name": ""}
    )
    if kernel.closed:
        message = "modules can no longer be loaded or unloaded (kernel.modules_disabled=1)"
        report.add(permission.MODULES_DISABLED, message)
    packing_check.check(packed, kernel, report)
    body, appended = signature.split(data)
    signatures.check(appended, kernel, report)
    read = structure.check(body, kernel, report)
    subject = Subject(*read, kernel) if read else None
    if subject:
        report.words["name"] = subject.name
        _judge(subject, report, explain=explain, deep=deep)
    findings = report.findings
    # What there is too much of to judge is not gone through for this either.
    whole = subject and not any(finding.rule == dangers.TABLE_SIZE for finding in findings)
    if explain:
        places = demangle.demangle([finding.place for finding in findings])
        messages = rust_symbols.readable([finding.message for finding in findings])
        findings = [
            dataclasses.replace(finding, place=place, message=message)
            for finding, place, message in zip(findings, places, messages, strict=True)
        ]
    return Verdict(
        file=name,
        kernel=kernel.release,
        module=subject.name if subject else "",
        findings=tuple(findings),
        needs=symbols.needs(subject) if subject and whole else (),
        unchecked=tuple(report.unchecked),
        exports=tuple(exports.read(subject)) if subject and whole else (),
        kfuncs=bpf_functions.names(subject.file) if subject and whole else (),
    )


def _judge(subject: Subject, report: FindingList, *, explain: bool, deep: bool) -> None:
    name = subject.field("name") or subject.name
    if name in subject.target.blacklisted:
        message = f"`{name}` is in module_blacklist= of the kernel's command line"
        report.add(refusals.BLACKLISTED, message, log=f"Module {name} is blacklisted")
    metadata.check(subject, report)
    malformed.check(subject.file, subject.index, report)
    metadata.check_taints(subject, report)
    if not subject.target.at_hand:
        report.unchecked.append(
            "symbols and their CRCs, struct module, mitigations, signature, packing: no kernel is "
            "at hand to compare with"
        )
    elif not subject.target.knows_exports:
        report.unchecked.append("symbols: this kernel has no Module.symvers")
    _types(subject, report)
    early = subject.target.since(6, 4)
    if early:
        _already_there(subject, report)
    addresses = layout.place(subject, report)
    if not early:
        _already_there(subject, report)
    layout.percpu(subject, report)
    _constructors(subject, report)
    exports.check_tables(subject, report)
    namespaces.check_imports(subject, report)
    fits = malformed.tables_fit(subject.file)
    if not malformed.are_read_whole(subject.file, report):
        report.unchecked.append("symbols, relocations and code: there are too many")
        return
    values = symbols.check(subject, report, suggest=explain and fits)
    if _for_another_kernel(report):
        return
    if not fits:
        report.unchecked.append("relocations and code: the sections lie over one another")
        return
    relocations.check(subject, values, addresses, report)
    placement.check(subject, report)
    tables.check(subject, report)
    exports.check_duplicates(subject, report)
    bpf_functions.check(subject, report)
    _names(subject, report)
    if deep and not report.refused:
        _code(subject, report)


def _code(subject: Subject, report: FindingList) -> None:
    reader = subject.target.arch.code
    if not reader:
        report.unchecked.append(f"code: nothing here reads instructions of {subject.target.arch}")
        mitigations.check(subject, machine_code.Code(), report)
        return
    code = machine_code.read(subject, reader, frame_limit=kernel_limit(subject.target))
    machine_code.check(subject, code, report)
    machine_code.check_strays(subject, reader, report)
    mitigations.check(subject, code, report)
    known = calls.read(subject, reader, init_code.NOT_IN_INIT)
    init_code.check(subject, known, report)
    recursion.check(subject, reader, known, report)


def kernel_limit(kernel: Target) -> int:
    """Return the bytes up to which a stack frame is nothing to mention: CONFIG_FRAME_WARN."""
    return kernel.config.number("FRAME_WARN") or 2048


def _for_another_kernel(report: FindingList) -> bool:
    """Tell whether the rest would only say again that the module is another kernel's."""
    telling = {elf_file.THIS_MODULE, refusals.MODVERSIONS, refusals.VERMAGIC}
    return any(finding.rule in telling for finding in report.findings)


def _types(subject: Subject, report: FindingList) -> None:
    """btf_module_notify (kernel/bpf/btf.c): types that are not for it refuse, or go unused."""
    config = subject.target.config
    strict = config.on("DEBUG_INFO_BTF_MODULES") and not config.on("MODULE_ALLOW_BTF_MISMATCH")
    if strict and subject.file.find(".BTF", allocated=False):
        report.unchecked.append("types: this kernel refuses a module whose .BTF is not for it")


def _already_there(subject: Subject, report: FindingList) -> None:
    """add_unformed_module; 6.4 and later look already before the sections are laid out."""
    if subject.name in subject.target.loaded:
        report.add(refusals.ALREADY_THERE, f"a module `{subject.name}` is loaded")


def _constructors(subject: Subject, report: FindingList) -> None:
    """find_module_sections: constructors of one kind only, where the kernel calls any."""
    file = subject.file
    both = file.find(".ctors") and file.find(".init_array")
    if both and subject.target.config.on("CONSTRUCTORS"):
        log = "has both .ctors and .init_array"
        report.add(refusals.CONSTRUCTORS, "the module has .ctors and .init_array", log=log)
    never = never_run.sections(file, subject.target.config)
    if never:
        report.add(notes.NEVER_RUN, f"this kernel calls nothing of {', '.join(never)}")


def _names(subject: Subject, report: FindingList) -> None:
    """mod_sysfs_setup (kernel/module/sysfs.c): names in /sys/module and in its sections folder."""
    if not subject.name:
        report.add(refusals.NAME_EMPTY, "struct module has no name", log="empty name")
    elif subject.name in subject.target.taken:
        message = f"the kernel itself has /sys/module/{subject.name}"
        report.add(refusals.NAME_TAKEN, message, log="module is already loaded")
    seen: set[str] = set()
    for number, name in enumerate(subject.file.names):
        if not number or not subject.allocated[number] or not subject.file.sections[number].size:
            continue
        if name in seen:
            strict = subject.target.since(6, 12)
            report.add(
                refusals.SECTION_TWICE if strict else dangers.SECTION_NAME_TWICE,
                f"two sections are called {name or 'nothing'}",
                place=name,
                log="cannot create duplicate filename" if strict else "",
            )
            return
        seen.add(name)
