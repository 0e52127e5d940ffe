"""Where the running kernel has put things, as it tells root: sections of modules, and exports."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where things are in the kernel; empty as far as it does not say.

    Attributes:
        sections: Of one module: the names of its sections, and where each begins.
        symbols: Where exported symbols are, of the kernel and of modules.
    """

    sections: Mapping[str, int] = field(default_factory=dict)
    symbols: Mapping[str, int] = field(default_factory=dict)


def of(module: str, wanted: Collection[str], *, root: Path = Path("/")) -> Addresses:
    """Return what the running kernel says of a module and of what it imports.

    /sys/module/<name>/sections is there for root (kernel/module/sysfs.c: add_sect_attrs, with
    CONFIG_KALLSYMS); /proc/kallsyms has zeros for those who may not know (kernel.kptr_restrict).

    Args:
        module: The module's name.
        wanted: The symbols to look for.
        root: Where /sys and /proc are.
    """
    sections: dict[str, int] = {}
    folder = root / "sys" / "module" / module / "sections"
    try:
        for file in folder.iterdir():
            sections[file.name] = int(file.read_text(), 16)
    except (OSError, ValueError):
        sections = {}
    symbols = _symbols(root / "proc" / "kallsyms", frozenset(wanted))
    zero = not any(sections.values())
    return Addresses(sections={} if zero else sections, symbols=symbols)


def _symbols(kallsyms: Path, wanted: frozenset[str]) -> dict[str, int]:
    """Return the addresses of symbols that have one; two of a name are both left out.

    What is exported has a capital letter (kernel/kallsyms.c: s_show), or an entry in the table of
    exports where EXPORT_SYMBOL_GPL made it; a static function of the same name has neither.
    """
    found: dict[str, set[int]] = {}
    others: dict[str, set[int]] = {}
    try:
        with kallsyms.open(errors="replace") as file:
            for line in file:
                words = line.split()
                if len(words) > 2 and words[2] in wanted:
                    kind = found if words[1].isupper() else others
                    kind.setdefault(words[2], set()).add(int(words[0], 16))
    except (OSError, ValueError):
        return {}
    merged = {**others, **found}
    return {
        name: min(places) for name, places in merged.items() if len(places) == 1 and all(places)
    }
