"""Names as Rust source has them, for what a compiler made of them."""

import re
from collections.abc import Sequence

from rkmbuild.base import limits
from rkmbuild.base.errors import RkmbuildError

_MANGLED = re.compile(r"\b(_R[A-Za-z]\w+|_ZN\d[\w.$]+)")
# The hash of a crate's version (v0) or of a function (legacy) is noise to a reader.
# objtool puts this before the name of a function for the bytes before it (tools/objtool/check.c,
# create_prefix_symbol), and c++filt then sees no name.
_BEFORE = "__pfx_"
_NOISE = re.compile(r"\[[0-9a-f]{8,}\]|::h[0-9a-f]{16}\b")

# A thousand names take some 10 ms and a few MiB.
_SECONDS = 10.0
_MEMORY = 256 << 20


def without_hashes(name: str) -> str:
    """Return a demangled name without what tells versions of crates and functions apart."""
    return _NOISE.sub("", name)


def demangle(texts: Sequence[str]) -> list[str]:
    """Return the texts with every mangled name in them demangled.

    Asks c++filt of binutils, which knows both of Rust's manglings and is there wherever kbuild
    works; without it the names stay as they are.
    """
    apart = [text.replace("\n", " ").replace(f"{_BEFORE}_R", f"{_BEFORE} _R") for text in texts]
    if not any(map(_MANGLED.search, apart)):
        return list(texts)
    try:
        # A name of a hundred letters can stand for gigabytes: it may refer back to its parts.
        answer = limits.run(
            ["c++filt"],
            doing="demangling",
            stdin="\n".join(apart).encode(errors="replace"),
            seconds=_SECONDS,
            memory=_MEMORY,
        )
    except RkmbuildError:
        return list(texts)
    said = answer.replace(f"{_BEFORE} ", _BEFORE).split("\n")
    return [without_hashes(line) for line in said[: len(texts)]]
