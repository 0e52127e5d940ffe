"""What a module exports, and whether the kernel takes it."""

from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.ko import elf
from rkmbuild.ko.elf import decoded
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, refusals, taints
from rkmbuild.verdict.subject import Subject

# struct kernel_symbol with CONFIG_HAVE_ARCH_PREL32_RELOCATIONS (include/linux/export-internal.h):
# value, name and namespace, each a 32-bit offset from its own place
_KERNEL_SYMBOL = 12
_NAME_AT = 4
_NAMESPACE_AT = 8
# include/linux/module_symbol.h: enum ksym_flags
_GPL_ONLY = 1
_FLAGS = "__kflagstab"


def read(subject: Subject) -> list[ExportedSymbol]:
    """Return the symbols that the module exports, as its kernel sees them.

    Names and namespaces come from the relocations of struct kernel_symbol's fields, as
    kernel_symbol_name() and kernel_symbol_namespace() (kernel/module/main.c) read them; the CRC of
    a symbol has its number in the table beside, and so have its flags, where there are any.
    """
    found = []
    for suffix in _suffixes(subject):
        table, crcs = (
            subject.file.find(f"__ksymtab{suffix}"),
            subject.file.find(f"__kcrctab{suffix}"),
        )
        if not table:
            continue
        names = _strings(subject, table, _NAME_AT)
        spaces = _strings(subject, table, _NAMESPACE_AT)
        content = subject.file.content(subject.file.sections[crcs]) if crcs else memoryview(b"")
        values = content[: len(content) & ~3].cast("I").tolist()
        flags = _flags(subject)
        found += [
            ExportedSymbol(
                name,
                values[number] if number < len(values) else 0,
                subject.name,
                bool(suffix) or bool(number < len(flags) and flags[number] & _GPL_ONLY),
                spaces.get(number, ""),
            )
            for number, name in names.items()
        ]
    return found


def check_duplicates(subject: Subject, report: FindingList) -> None:
    """Apply verify_exported_symbols (kernel/module/main.c)."""
    for symbol in read(subject):
        owner = _owner(subject, symbol.name)
        if owner:
            whose = "the kernel's own" if owner == "kernel" else f"exported by {owner}"
            split = symbol.gpl and not subject.target.flags_exports
            report.add(
                refusals.EXPORT_DUPLICATE,
                f"`{symbol.name}` is {whose}",
                place="__ksymtab_gpl" if split else "__ksymtab",
                log=f"exports duplicate symbol {symbol.name} (owned by {owner})",
            )
            return


def check_tables(subject: Subject, report: FindingList) -> None:
    """Apply check_export_symbol_sections (7.1), check_export_symbol_versions (6.12).

    Exports need their CRCs beside them, and where the kernel has flags for them, those.
    """
    file, config = subject.file, subject.target.config
    if subject.target.flags_exports:
        _check_flags(subject, report)
        if report.refused:
            return
    if not config.on("MODVERSIONS"):
        return
    for suffix in _suffixes(subject):
        table, crcs = file.find(f"__ksymtab{suffix}"), file.find(f"__kcrctab{suffix}")
        if not table or not file.sections[table].size or crcs:
            continue
        message = "the module exports symbols without CRCs"
        if config.on("MODULE_FORCE_LOAD"):
            report.add(
                taints.FORCED, message, log="no versions for exported symbols: kernel tainted"
            )
        else:
            report.add(refusals.EXPORT_VERSIONS, message)


def _check_flags(subject: Subject, report: FindingList) -> None:
    file = subject.file
    table = file.find("__ksymtab")
    count = file.sections[table].size // _KERNEL_SYMBOL if table else 0
    flags = file.find(_FLAGS)
    if count and not flags:
        message = "the module exports symbols without flags"
        report.add(refusals.EXPORT_FLAGS, message, log="no flags for exported symbols")
    elif count and len(_flags(subject)) < count:
        # find_exported_symbol_in_section() reads the byte of a symbol's number.
        message = f"{count} exported symbols and flags of {len(_flags(subject))}"
        report.add(dangers.SPECIAL_SECTION, message, place=_FLAGS)


def _suffixes(subject: Subject) -> tuple[str, ...]:
    """Return what the names of the tables that the kernel looks at end in."""
    return ("",) if subject.target.flags_exports else ("", "_gpl")


def _flags(subject: Subject) -> memoryview:
    number = subject.file.find(_FLAGS) if subject.target.flags_exports else 0
    if not number or subject.file.sections[number].type == elf.SHT_NOBITS:
        return memoryview(b"")
    return subject.file.content(subject.file.sections[number])


def _owner(subject: Subject, name: str) -> str:
    """Return who else exports a symbol in the kernel as it is: `kernel`, a module, or nobody."""
    known = subject.target.exports.get(name)
    owner = known.module.rpartition("/")[2].replace("-", "_") if known else ""
    if owner == "vmlinux":
        return "kernel"
    return owner if owner in subject.target.loaded - {subject.name} else ""


def _strings(subject: Subject, table: int, field: int) -> dict[int, str]:
    """Return what a field of each entry in the table of exports points to, by its number."""
    file = subject.file
    distance = subject.target.arch.relocations.distance
    found: dict[int, str] = {}
    for section in file.sections:
        if section.type != elf.SHT_RELA or section.info != table:
            continue
        for offset, kind, symbol, addend in file.relocations(section).rows():
            number, at_field = divmod(offset, _KERNEL_SYMBOL)
            if at_field != field or kind != distance or symbol >= len(subject.symbols):
                continue
            target = subject.symbols[symbol]
            if not 0 < target.shndx < len(file.sections):
                continue
            at = target.value + addend
            home = file.sections[target.shndx]
            if 0 <= at < home.size and home.type != elf.SHT_NOBITS:
                found[number] = decoded(file.string(home.offset + at))
    return found
