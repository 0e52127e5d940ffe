"""`rkmbuild inspect`: what is in a module."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.kernel.symvers import ExportedSymbol
    from rkmbuild.ko.contents import Facts

_SHOWN = 12
_BAR = 30
_EIGHTHS = " ▏▎▍▌▋▊▉"


def inspect(
    ko: Annotated[Path, typer.Argument(metavar="KO", help="A module, also .gz, .xz, .zst.")],
    kernel: options.KernelOfExports = None,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Show what is in a module: sections, functions, imports and exports, without judging."""
    from rkmbuild.ko import compression, contents

    console.configure(verbose=verbose, as_json=as_json)
    facts = contents.read(compression.decompress(ko), name=str(ko))
    facts = facts.with_exports(_exports(kernel, facts))
    if as_json:
        console.result(facts.document())
        return
    _show(facts)


def _exports(spec: str | None, facts: "Facts") -> "Mapping[str, ExportedSymbol]":
    """Return what the kernel exports that is named, or else the one that the module is for."""
    from rkmbuild.kernel import find, symvers

    if spec:
        tree = find.select(spec)
        return symvers.load(tree.symvers) if tree.symvers else {}
    release = facts.modinfo.get("vermagic", [""])[0].partition(" ")[0]
    for tree in find.find_kernels():
        if tree.release == release and tree.symvers:
            return symvers.load(tree.symvers)
    return {}


def _show(facts: "Facts") -> None:
    console.line(f"{facts.file}: {facts.size} bytes, {facts.symbols} symbols")
    rows = [(name, value) for name, values in facts.modinfo.items() for value in values]
    if facts.signature:
        rows.append(("signed by", f"{facts.signature.signer} ({facts.signature.hash})"))
    few = rows if console.is_verbose() else [row for row in rows if row[0] != "alias"]
    console.line()
    console.table(("field", "value"), few, title="Modinfo")
    console.line()
    sections = [
        (section.name, section.kind, section.flags, str(section.size))
        for section in facts.sections
        if section.size and (console.is_verbose() or "A" in section.flags)
    ]
    console.table(("section", "type", "flags", "bytes"), sections, title="Sections")
    _sizes("Code by crate", facts.crates)
    largest = facts.functions if console.is_verbose() else facts.functions[:_SHOWN]
    _sizes("Largest functions", {f.name: f.size for f in reversed(largest)}, reverse=True)
    console.line()
    _relocations(facts)
    console.line()
    for provider, names in facts.imports.items():
        _imports(_provider(provider), names)
    if facts.exports:
        console.line(f"Exports: {', '.join(facts.exports)}")
    if facts.kfuncs:
        called = [
            (each.name or "?", ", ".join(each.words()), ", ".join(each.hooks))
            for each in facts.kfuncs
        ]
        console.line()
        console.table(("function", "flags", "programs"), called, title="Called by BPF programs")


def _imports(provider: str, names: Sequence[str]) -> None:
    """Show what is imported: names of Rust as its source has them, and a line for each of those."""
    from rkmbuild.ko import demangle

    plain = dict(zip(names, demangle.demangle(names), strict=True))
    rust = [name for name in names if plain[name] != name]
    if len(rust) < len(names):
        of_c = ", ".join(name for name in names if plain[name] == name)
        console.line(f"Imports from {provider}: {of_c}")
    if rust:
        console.line(f"Imports in Rust from {provider}:")
    for name in rust:
        console.line(f"  {plain[name]}" + (f" ({name})" if console.is_verbose() else ""))


def _relocations(facts: "Facts") -> None:
    """Show what the loader fills in: a row for each section, a column for each type."""
    shown = [each for each in facts.filled if each.loaded or console.is_verbose()]
    types = list(
        dict.fromkeys([*facts.relocations, *(name for each in shown for name in each.types)])
    )
    rows = [
        (each.section, each.form, *(str(each.types.get(name, "")) for name in types))
        for each in shown
    ]
    total = ("all that is loaded", "", *(str(facts.relocations.get(name, "")) for name in types))
    columns = ("section", "form", *types)
    console.table(columns, [*rows, total] if len(rows) > 1 else rows, title="Relocations")
    console.line(f"Zeros that the file has no bytes for (NOBITS): {_bytes(facts.nobits)}")
    if facts.common:
        refused = f"Symbols that have no place yet (SHN_COMMON): {_bytes(facts.common)}"
        console.line(f"{refused}: a kernel refuses them")


def _bytes(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {size}" for name, size in sizes.items() if size) or "none"


def _provider(name: str) -> str:
    return {"vmlinux": "the kernel", "?": "the kernel or modules"}.get(name, name)


def _sizes(title: str, sizes: Mapping[str, int], *, reverse: bool = False) -> None:
    if not sizes:
        return
    console.line()
    largest = max(sizes.values()) or 1
    rows = [(_bar(size / largest), str(size), name) for name, size in sizes.items()]
    console.table(("", "bytes", "name"), rows[::-1] if reverse else rows, title=title)


def _bar(part: float) -> str:
    """Return a bar of up to `_BAR` letters, in eighths of a letter."""
    import sys

    eighths = max(round(part * _BAR * 8), 1)
    if "utf" not in (sys.stdout.encoding or "").lower():
        return "#" * max(eighths // 8, 1)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
