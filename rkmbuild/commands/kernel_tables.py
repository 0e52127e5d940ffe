"""What `rkmbuild kernel` shows to people: tables, and lines with a label."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rkmbuild.base import console

if TYPE_CHECKING:
    from rkmbuild.kernel.available import Available
    from rkmbuild.kernel.tree import KernelTree
    from rkmbuild.pipeline.api.lookup import Found


def kernels(trees: "Iterable[KernelTree]") -> None:
    """Show the kernels that can be built for."""
    rows = [
        [
            tree.release,
            _origin(tree),
            f"{tree.compiler.kind} {'.'.join(map(str, tree.compiler.version))}",
            "yes" if tree.config.on("RUST") else "no",
            "yes" if tree.image else "no",
        ]
        for tree in trees
    ]
    console.table(["RELEASE", "FROM", "COMPILER", "CONFIG_RUST", "IMAGE"], rows)


def available(found: "Iterable[Available]") -> None:
    """Show the kernels that can be fetched."""
    rows = [
        [
            each.release,
            each.flavour,
            each.suite or "-",
            f"{each.size / 1e6:.0f}",
            "yes" if each.fetched else "no",
            "yes" if each.recommended else "no",
        ]
        for each in found
    ]
    console.table(["RELEASE", "FLAVOUR", "SUITE", "MB", "FETCHED", "RECOMMENDED"], rows)


def api(found: "Iterable[Found]") -> None:
    """Show what a kernel has under certain names."""
    rows = [[each.name, _what(each), each.since or "-", _exported(each)] for each in found]
    console.table(["NAME", "WHAT", "SINCE", "EXPORTED BY"], rows)


def labelled(tree: "KernelTree", known: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield what is known of a kernel, each with its label.

    Args:
        known: What `facts.description` says of it.
    """
    symvers, fetched = known["symvers"], known["fetched"] or known["built"]
    origin = _origin(tree)
    if fetched:
        origin += f": {fetched['suite'] or fetched['source'] or 'apt'}, "
        origin += fetched["date"].partition("T")[0]
        if fetched["expired"]:
            origin += f", from lists that counted until {fetched['expired'].partition('T')[0]}"
    symbols = f"{symvers['path']} ({symvers['symbols']} symbols)" if symvers else "none"
    yield from (
        ("release", tree.release),
        ("version", tree.version),
        ("arch", tree.arch),
        ("from", origin),
        ("compiler", tree.compiler.text),
        *([("its checks", ", ".join(known["built"]["features"]))] if known["built"] else []),
        ("build", tree.build),
        ("source", tree.source),
        ("symvers", symbols),
        ("image", tree.image or "none"),
        ("System.map", tree.system_map or "none"),
        ("modules", tree.modules or "none"),
        ("debug", known["debug_symbols"] or "none"),
        *([("its loader", tree.companions)] if tree.companions else []),
    )


def _origin(tree: "KernelTree") -> str:
    return f"{tree.origin} ({tree.name})" if tree.name else tree.origin.value


def _what(found: "Found") -> str:
    if not found.kind:
        return "not found"
    return f"{found.kind} of {found.header}" if found.header else found.kind


def _exported(found: "Found") -> str:
    if not found.exported_by:
        return "-"
    return f"{found.exported_by} (GPL)" if found.gpl else found.exported_by
