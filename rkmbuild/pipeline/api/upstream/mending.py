"""What bindgen leaves out of structures, put back, so that modules see them as C does.

7.2 is compiled with -fms-extensions and has `struct ns_tree;` in a union: a member without a name
whose type has one. bindgen (seen with 0.71.1 and 0.72.1) leaves it out, and the union is too short:
so are `ns_common`, which has it, and pid_namespace, user_namespace and cgroup_namespace, which have
that. The kernel's own Rust was compiled so, and only passes their addresses on; a module could read
a field that comes after. Nothing else that differs is touched: then the source is not the kernel's.
"""

import math
from pathlib import Path

from rkmbuild.pipeline.api.upstream import layouts
from rkmbuild.pipeline.api.upstream.source import Source
from rkmbuild.pipeline.layout import beside_btf, mend, rust_text
from rkmbuild.pipeline.layout.beside_btf import Found
from rkmbuild.pipeline.layout.dwarf import Die, Types

# The alignment of a structure that has pointers.
_MOST = 8


def put_back(objtree: Path, source: Source, kernel: Types | None) -> list[str]:
    """Mend the text of bindings where bindgen left such members out.

    Args:
        objtree: What was built; the crates are to be compiled once more where this mends.
        source: The kernel's source.
        kernel: What `layouts.of_kernel` gave.

    Returns:
        The names of the structures that are otherwise now, none where there are no such ones.
    """
    if kernel is None:
        return []
    words = layouts.words(source)
    mended: set[str] = set()
    for crate in layouts.CRATES:
        file = objtree / f"rust/{crate}/{crate}_generated.rs"
        text = rust_text.parse(file.read_text())
        found = beside_btf.compare(text, kernel)
        _, wrong = layouts.judged(text, found, words)
        made = mended_text(text, found, wrong)
        if made:
            file.write_text(made)
            mended.update(wrong)
    return sorted(mended)


def mended_text(text: rust_text.Text, found: Found, wrong: list[str]) -> str:
    """Return bindings in which what lost members has its size, or nothing if others differ too.

    What holds such a one is right then, or differs for another reason, which is left to tell.
    """
    rust, pairs = found.comparison.rust, found.comparison.pairs
    first = [name for name in wrong if found.differing.keys().isdisjoint(rust.held(name))]
    if not first or not all(_lost(found, name) for name in first):
        return ""
    # BTF has no alignments; with a wrong one what holds it would differ.
    found.comparison.aligned = {name: math.gcd(pairs[name].c.size, _MOST) for name in first}
    mend.mend(found.comparison, first)
    return mend.written(text.text, text.records, rust.records)


def _lost(found: Found, name: str) -> bool:
    """Tell whether a union of the bindings is one that bindgen left a member out of."""
    pair, types = found.comparison.pairs[name], found.comparison.types
    return pair.c.kind == "union" and any(
        not member.name and _is_named(types.bare(member.die)) for member in pair.c.members
    )


def _is_named(die: Die) -> bool:
    return die.tag in ("struct", "union") and "name" in die.has
