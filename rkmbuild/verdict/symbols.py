"""Whether every symbol of a module can be resolved."""

from functools import cached_property

from rkmbuild.kernel.symvers import TRIMMED, ExportedSymbol
from rkmbuild.ko import elf
from rkmbuild.ko.elf import Symbol, decoded
from rkmbuild.verdict import metadata, namespaces, renames, rust_symbols, suggestions
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, refusals
from rkmbuild.verdict.subject import Subject

# simplify_symbols: ignore_undef_symbol, for what old assemblers leave behind
_IGNORED = b"_GLOBAL_OFFSET_TABLE_"
_LTO = b"__gnu_lto"
# Looking for near names takes milliseconds each; after some the user has the picture.
_SUGGESTIONS = 8
_ASKERS = 3


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
    if not subject.target.knows_exports:
        # What modpost found when it was built.
        return tuple(sorted(filter(None, (subject.field("depends") or "").split(","))))
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
        open_ = namespaces.is_open_to(space, self._subject.name)
        if space and space not in self._namespaces and not open_:
            self._namespace(name, space, symbol)

    def _missing(self, name: str, known: ExportedSymbol | None, symbol: Symbol) -> None:
        log = f"Unknown symbol {name} (err -2)"
        place = self._asked_by(symbol)
        if known:
            message = f"`{name}` is exported to modules of a GPL-compatible license only"
            self._report.add(refusals.SYMBOL_GPL_ONLY, message, place=place, log=log)
            return
        way_out = self._crates.way_out(name) or renames.way_out(name, self._subject.target)
        if self._left > 0 and not way_out:
            self._left -= 1
            way_out = suggestions.way_out(name, self._subject.target.exports)
        if self._subject.target.config.on("TRIM_UNUSED_KSYMS"):
            # The kernel may well have it, whatever else is called like it.
            way_out = f"{way_out}; {TRIMMED}" if way_out else TRIMMED
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

    @cached_property
    def _crates(self) -> rust_symbols.Crates:
        return rust_symbols.Crates(self._subject, self._subject.target)

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
