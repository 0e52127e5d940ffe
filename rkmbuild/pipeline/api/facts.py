"""What a module's source asks of a kernel by cfgs, answered from its bindings and its exports.

`has_fn = "seq_read"` is set where the bindings have that function, `has_field = "file.f_ref"`
where its structure has that field, `has_const = "WQ_PERCPU"` where there is that constant,
and `exported = "seq_read"` where the kernel or a module of its own exports that symbol.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import KernelTree

KINDS = ("has_fn", "has_field", "has_const", "exported")

_ASKED = re.compile(rf'\b({"|".join(KINDS)})\s*=\s*"([\w.]+)"')
# What bindgen calls a union or structure without a name in C, and the field that it is.
_NAMELESS = re.compile(r"\bpub __bindgen_anon_\d+\s*:\s*(\w+)")


def mentioned_in(sources: Iterable[Path]) -> tuple[tuple[str, str], ...]:
    """Return what Rust sources ask: kinds and names."""
    found: set[tuple[str, str]] = set()
    for source in sources:
        found.update(_ASKED.findall(source.read_text(errors="replace")))
    return tuple(sorted(found))


def cfgs(asked: Sequence[tuple[str, str]], tree: KernelTree, bound: str) -> str:
    """Return arguments of rustc, one a line, for those that are so.

    Args:
        asked: Kinds and names.
        tree: The kernel.
        bound: The text of its bindings.

    Raises:
        KernelError: its Module.symvers cannot be read.
    """
    exports: Collection[str] = ()
    if tree.symvers and any(kind == "exported" for kind, _ in asked):
        exports = symvers.load(tree.symvers)
    has = [
        (kind, name)
        for kind, name in asked
        if (name in exports if kind == "exported" else _is_bound(kind, name, bound))
    ]
    return "".join(f'--cfg={kind}="{name}"\n' for kind, name in has)


def _is_bound(kind: str, name: str, bound: str) -> bool:
    """Tell whether bindings have an item; bindgen writes them in one line or many."""
    word = re.escape(name)
    if kind == "has_fn":
        return re.search(rf"\bpub fn {word}\s*\(", bound) is not None
    if kind == "has_const":
        return re.search(rf"\bpub const {word}\s*:", bound) is not None
    structure, _, field = name.partition(".")
    return _has_field(structure, field, bound)


def _has_field(structure: str, field: str, bound: str) -> bool:
    """Tell whether a structure has a field, itself or in a part of it that has no name in C."""
    body = re.search(rf"\bpub (?:struct|union) {structure}\s*\{{([^}}]*)\}}", bound)
    if not body:
        return False
    if re.search(rf"\bpub (?:r#)?{field}_?\s*:", body[1]):
        return True
    return any(_has_field(part, field, bound) for part in _NAMELESS.findall(body[1]))
