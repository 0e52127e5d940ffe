"""The names that the Rust of a source exports, compared with those that a kernel has.

What is equal in all of them was made from the same source, by the same compiler, with the same
configuration: names carry hashes of their crates, their types and their paths.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import KernelTree

# What rust/Makefile writes of each crate's symbols, one a line.
_LINE = re.compile(r"^EXPORT_SYMBOL_RUST_GPL\((\S+)\);$", re.MULTILINE)
_VMLINUX = "vmlinux"


class OtherExportsError(KernelError):
    """What was made of a source exports other names than a kernel does."""


def made(rust: Path) -> frozenset[str]:
    """Return the names that a build of `rust/` exports.

    Args:
        rust: The folder `rust` of its objtree.
    """
    texts = (file.read_text() for file in rust.glob("exports_*_generated.h"))
    return frozenset(name for text in texts for name in _LINE.findall(text))


def of_rust(symbols: Mapping[str, ExportedSymbol]) -> frozenset[str]:
    """Return the names in a Module.symvers that only Rust has: mangled ones, and its C helpers."""
    return frozenset(
        name
        for name, symbol in symbols.items()
        if symbol.module == _VMLINUX and name.startswith(("_R", "rust_helper_"))
    )


def compare(
    names: Collection[str], symbols: Mapping[str, ExportedSymbol], tree: KernelTree
) -> None:
    """Refuse what was made of a source if it does not export what a kernel does.

    Args:
        names: What it exports.
        symbols: What the kernel does.
        tree: The kernel.

    Raises:
        OtherExportsError: a name of the one is none of the other; the first is named.
    """
    lacking = sorted(of_rust(symbols) - set(names))
    added = sorted(set(names) - symbols.keys())
    if not lacking and not added:
        return
    first = min([*lacking, *added])
    who = f"{tree.release} exports it, and" if first in lacking else "the source exports it, and"
    whom = "the source does not" if first in lacking else f"{tree.release} does not"
    raise OtherExportsError(
        f"what was made of the source is not the Rust of {tree.release}: of {len(names)} exported "
        f"names {len(added)} are none of the kernel's, and {len(lacking)} of the kernel's are "
        f"missing; the first is {first}: {who} {whom}",
        hint="the source is another one, or was changed after that kernel was built: get the very "
        "source of its package",
    )
