"""Whether every symbol of a module can be resolved, and its exports collide with nobody's."""

from rkmbuild.kernel.symvers import TRIMMED, ExportedSymbol
from rkmbuild.ko import elf
from rkmbuild.ko.elf import Symbol, decoded
from rkmbuild.verdict import metadata, renames, suggestions
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, refusals, taints
from rkmbuild.verdict.subject import Subject

# simplify_symbols: ignore_undef_symbol, for what old assemblers leave behind
_IGNORED = b"_GLOBAL_OFFSET_TABLE_"
_LTO = b"__gnu_lto"
# Looking for near names takes milliseconds each; after some the user has the picture.
_SUGGESTIONS = 8
_ASKERS = 3
# struct kernel_symbol with CONFIG_HAVE_ARCH_PREL32_RELOCATIONS (include/linux/export-internal.h):
# value, name and namespace, each a 32-bit offset from its own place
_KERNEL_SYMBOL = 12
_NAME_AT = 4
_NAMESPACE_AT = 8


def check(subject: Subject, report: FindingList, *, suggest: bool = True) -> list[int | None]:
    """Apply simplify_symbols (kernel/module/main.c), and say what cannot be resolved.

    Returns each symbol's value as far as the file tells it: an offset in its section, an absolute
    value, or None for one that the kernel or nobody provides.
    """
    resolver = _Resolver(subject, report, suggest=suggest)
    strings = subject.file.sections[subject.index.strings]
    values: list[int | None] = []
    # layout_symtab() has read all names by the time the symbols are resolved.
    for number, symbol in enumerate(subject.symbols):
        if symbol.name >= strings.size:
            report.add(
                dangers.STRING_OUTSIDE, f"the name of symbol {number} lies outside its table"
            )
    for number, symbol in enumerate(subject.symbols):
        values.append(None if symbol.shndx == elf.SHN_UNDEF else symbol.value)
        if not number:
            continue
        if symbol.shndx == elf.SHN_UNDEF:
            resolver.resolve(subject.file.string(strings.offset + symbol.name), symbol)
        elif symbol.shndx >= len(subject.file.sections):
            _special(subject, symbol, report)
    return values


def exports(subject: Subject) -> list[ExportedSymbol]:
    """Return the symbols that the module exports.

    Names and namespaces come from the relocations of struct kernel_symbol's fields, as
    kernel_symbol_name() and kernel_symbol_namespace() (kernel/module/main.c) read them; the CRC of
    a symbol has its number in the table beside.
    """
    found = []
    for suffix, gpl in (("", False), ("_gpl", True)):
        table, crcs = (
            subject.file.find(f"__ksymtab{suffix}"),
            subject.file.find(f"__kcrctab{suffix}"),
        )
        if not table:
            continue
        names = _exported_strings(subject, table, _NAME_AT)
        spaces = _exported_strings(subject, table, _NAMESPACE_AT)
        content = subject.file.content(subject.file.sections[crcs]) if crcs else memoryview(b"")
        values = content[: len(content) & ~3].cast("I").tolist()
        found += [
            ExportedSymbol(
                name,
                values[number] if number < len(values) else 0,
                subject.name,
                gpl,
                spaces.get(number, ""),
            )
            for number, name in names.items()
        ]
    return found


def check_exports(subject: Subject, report: FindingList) -> None:
    """Apply check_export_symbol_versions and verify_exported_symbols (kernel/module/main.c)."""
    for symbol in exports(subject):
        owner = _owner(subject, symbol.name)
        if owner:
            whose = "the kernel's own" if owner == "kernel" else f"exported by {owner}"
            report.add(
                refusals.EXPORT_DUPLICATE,
                f"`{symbol.name}` is {whose}",
                place="__ksymtab_gpl" if symbol.gpl else "__ksymtab",
                log=f"exports duplicate symbol {symbol.name} (owned by {owner})",
            )
            return


def _owner(subject: Subject, name: str) -> str:
    """Return who else exports a symbol in the kernel as it is: `kernel`, a module, or nobody."""
    known = subject.target.exports.get(name)
    owner = known.module.rpartition("/")[2].replace("-", "_") if known else ""
    if owner == "vmlinux":
        return "kernel"
    return owner if owner in subject.target.loaded - {subject.name} else ""


def check_crcs(subject: Subject, report: FindingList) -> None:
    """Apply check_export_symbol_versions: exports need CRCs beside them."""
    file, config = subject.file, subject.target.config
    if not config.on("MODVERSIONS"):
        return
    for kind in ("", "_gpl"):
        table, crcs = file.find(f"__ksymtab{kind}"), file.find(f"__kcrctab{kind}")
        if not table or not file.sections[table].size or crcs:
            continue
        message = "the module exports symbols without CRCs"
        if config.on("MODULE_FORCE_LOAD"):
            report.add(
                taints.FORCED, message, log="no versions for exported symbols: kernel tainted"
            )
        else:
            report.add(refusals.EXPORT_VERSIONS, message)


def providers(subject: Subject) -> dict[str, list[str]]:
    """Return what the module imports, by the module that exports it (`vmlinux`, or a path)."""
    found: dict[str, list[str]] = {}
    for symbol in subject.symbols[1:]:
        if symbol.shndx == elf.SHN_UNDEF:
            name = subject.symbol_name(symbol)
            known = subject.target.exports.get(name)
            found.setdefault(known.module if known else "", []).append(name)
    return found


def needs(subject: Subject) -> tuple[str, ...]:
    """Return the in-tree modules whose symbols the module imports, by the kernel's names."""
    paths = {path for path in providers(subject) if path and path != "vmlinux"}
    return tuple(sorted(path.rpartition("/")[2].replace("-", "_") for path in paths))


class _Resolver:
    """Resolves undefined symbols as resolve_symbol (kernel/module/main.c) does."""

    def __init__(self, subject: Subject, report: FindingList, *, suggest: bool) -> None:
        self._subject = subject
        self._report = report
        self._versions = metadata.versions(subject)
        self._open = metadata.gpl_compatible(subject)
        self._unlisted_is_refused = metadata.unlisted_is_refused(subject)
        self._namespaces = set(subject.fields.get("import_ns", ()))
        self._checks_crcs = subject.target.config.on("MODVERSIONS")
        self._left = _SUGGESTIONS if suggest else 0
        # A module for another kernel disagrees about most of them, and it is said already.
        self._says_versions = not report.refused

    def resolve(self, raw: bytes, symbol: Symbol) -> None:
        """Add a finding if the kernel would not resolve an undefined symbol."""
        if not self._subject.target.knows_exports:
            return
        name = decoded(raw)
        known = self._subject.target.exports.get(name)
        if known is None and name in self._subject.target.loaded_exports:
            return
        if known is None or (known.gpl and not self._open):
            if symbol.binding != elf.STB_WEAK and raw != _IGNORED:
                self._missing(name, known, symbol)
            return
        if self._checks_crcs and not self._same_version(raw, name, known, symbol):
            return
        space = known.namespace
        if space and space not in self._namespaces:
            self._namespace(name, space, symbol)

    def _missing(self, name: str, known: ExportedSymbol | None, symbol: Symbol) -> None:
        log = f"Unknown symbol {name} (err -2)"
        place = self._asked_by(symbol)
        if known:
            message = f"`{name}` is exported to modules of a GPL-compatible license only"
            self._report.add(refusals.SYMBOL_GPL_ONLY, message, place=place, log=log)
            return
        way_out = renames.way_out(name, self._subject.target)
        if self._left > 0 and not way_out:
            self._left -= 1
            way_out = suggestions.way_out(name, self._subject.target.exports)
        if not way_out and self._subject.target.config.on("TRIM_UNUSED_KSYMS"):
            way_out = TRIMMED
        message = f"unknown symbol `{name}`: nothing exports it in this kernel"
        self._report.add(refusals.SYMBOL_UNKNOWN, message, place=place, way_out=way_out, log=log)

    def _same_version(self, raw: bytes, name: str, known: ExportedSymbol, symbol: Symbol) -> bool:
        if self._versions is None:
            if not self._subject.target.config.on("MODULE_FORCE_LOAD"):
                message = f"the module carries no CRC of `{name}`"
                log = f"Unknown symbol {name} (err -22)"
                self._report.add(refusals.SYMBOL_VERSION, message, log=log)
                return False
            return True
        crc = self._versions.get(raw)
        if crc == known.crc or (crc is None and not self._unlisted_is_refused):
            return True
        if not self._says_versions:
            return False
        if crc is None:
            message = f"the module carries no CRC of `{name}`"
            log = f"no symbol version for {name}"
        else:
            message = (
                f"`{name}` of {known.module} has changed: its CRC is {known.crc:#010x}, and the "
                f"module was built for {crc:#010x}"
            )
            log = f"disagrees about version of symbol {name}"
        self._report.add(refusals.SYMBOL_VERSION, message, place=self._asked_by(symbol), log=log)
        return False

    def _namespace(self, name: str, space: str, symbol: Symbol) -> None:
        message = f"`{name}` belongs to the namespace {space}, which the module does not import"
        if self._subject.target.config.on("MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS"):
            return
        log = f"module uses symbol ({name}) from namespace {space}, but does not import it"
        self._report.add(refusals.SYMBOL_NAMESPACE, message, place=self._asked_by(symbol), log=log)

    def _asked_by(self, symbol: Symbol) -> str:
        if self._left <= 0:
            return ""
        return asked_by(self._subject, self._subject.symbols.index(symbol))


def asked_by(subject: Subject, number: int) -> str:
    """Return the first functions whose relocations name symbol `number`."""
    found: list[str] = []
    for section in subject.file.sections:
        home = section.info
        if section.type != elf.SHT_RELA or not 0 < home < len(subject.file.sections):
            continue
        if not subject.allocated[home]:
            continue  # debug information, which asks for nothing
        rows = subject.file.relocations(section)
        if number not in rows.symbols:
            continue
        for offset, _, symbol, _ in rows.rows():
            where = subject.function_at(section.info, offset) if symbol == number else ""
            if where and where not in found:
                found.append(where)
        if len(found) > _ASKERS:
            break
    return ", ".join(found[:_ASKERS]) + (" and others" if len(found) > _ASKERS else "")


def _special(subject: Subject, symbol: Symbol, report: FindingList) -> None:
    name = subject.symbol_name(symbol)
    if symbol.shndx in (elf.SHN_ABS, elf.SHN_LIVEPATCH):
        return
    if symbol.shndx == elf.SHN_COMMON:
        if not name.startswith(decoded(_LTO)):
            log = "please compile with -fno-common"
            report.add(refusals.SYMBOL_COMMON, f"`{name}` is a common symbol", log=log)
        return
    report.add(
        refusals.SYMBOL_SECTION,
        f"`{name}` is said to be in section {symbol.shndx} of {len(subject.file.sections)}",
        log=f"Symbol {name} has an invalid section index",
    )


def _exported_strings(subject: Subject, table: int, field: int) -> dict[int, str]:
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
