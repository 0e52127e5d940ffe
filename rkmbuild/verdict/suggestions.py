"""Names near to one that the kernel does not export."""

from collections.abc import Iterable

from rkmbuild.base import suggest

_MOST = 3


def way_out(name: str, exports: Iterable[str]) -> str:
    """Return a sentence that names exported symbols like `name`, or an empty one."""
    found = near(name, exports)
    if not found:
        return ""
    shown = ", ".join(f"`{other}`" for other in found)
    return f"this kernel exports {shown}"


def near(name: str, exports: Iterable[str]) -> list[str]:
    """Return up to three exported symbols that are most like `name`.

    Candidates share a word or their beginning with it: a kernel exports 25,000 symbols, and to
    compare each letter by letter would take a second.
    """
    bare = name.strip("_")
    words = {word for word in bare.split("_") if len(word) > 3}
    head = bare[:5]
    candidates = []
    for other in exports:
        plain = other.strip("_")
        if plain == bare:
            return [other]
        shared = sum(word in plain for word in words)
        alike = plain.startswith(head) or (words and shared * 2 >= len(words))
        if alike and abs(len(plain) - len(bare)) <= max(8, len(bare) // 2):
            candidates.append(other)
    candidates.sort(
        key=lambda other: (-sum(w in other for w in words), abs(len(other) - len(name)))
    )
    return suggest.near(name, candidates[:400], most=_MOST, cutoff=0.7)
