"""Bindings in words that rustc reads faster: the same items, with the same meaning.

Derived code is typed, borrow-checked and kept for whoever might call it, field by field, for each
of some 2,000 structures. What it comes to for C's structures takes a line: a copy is `*self`, and
the default of each field is zero, as it is of the whole. Debug stays derived, as it names the
fields: but for structures that nobody names, which are seen in others alone.
"""

import re
from collections.abc import Collection

_DERIVED = re.compile(
    r"#\s*\[\s*derive\s*\((?P<traits>[^)]*)\)\s*\]\s*"
    r"(?=pub\s+(?:struct|union)\s+(?P<name>(?:r#)?\w+)\s*\{)"
)
# As bindgen writes it from 0.60 to 0.72 where it cannot be derived.
_WRITTEN = re.compile(
    r"impl\s+Default\s+for\s+(?P<name>(?:r#)?\w+)\s*\{\s*fn\s+default\s*\(\s*\)\s*->\s*Self\s*\{\s*"
    r"let\s+mut\s+s\s*=\s*::\s*core\s*::\s*mem\s*::\s*MaybeUninit\s*::\s*<\s*Self\s*>\s*::\s*"
    r"uninit\s*\(\s*\)\s*;\s*unsafe\s*\{\s*::\s*core\s*::\s*ptr\s*::\s*write_bytes\s*\(\s*"
    r"s\s*\.\s*as_mut_ptr\s*\(\s*\)\s*,\s*0\s*,\s*1\s*\)\s*;\s*"
    r"s\s*\.\s*assume_init\s*\(\s*\)\s*\}\s*\}\s*\}\s*"
)
# Nothing that is declared in such a block has braces.
_BLOCK = re.compile(
    r"^(?P<head>(?:unsafe\s+)?extern\s+\"C\")\s*\{(?P<body>[^{}]*)\}\s*", re.MULTILINE
)
_ZEROED = "__rkmbuild_zeroed"
# As bindgen's own: what lies between the fields is zero as well.
_HELPER = f"""
#[inline]
unsafe fn {_ZEROED}<T>() -> T {{
    let mut s = ::core::mem::MaybeUninit::<T>::uninit();
    unsafe {{
        ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
        s.assume_init()
    }}
}}
"""


def lightened(text: str, named: Collection[str] | None = None) -> str:
    """Return bindings that say the same: each type has the traits that it had.

    Args:
        named: The types whose Debug shows their fields; None for all.
    """
    text, zeroed = _without_written(text)
    text, copied, defaulted, shown = _without_derived(text, named)
    text, declared = _without_blocks(text)
    copies = (
        f"impl ::core::marker::Copy for {name} {{}}\n"
        f"impl ::core::clone::Clone for {name} "
        "{ #[inline] fn clone(&self) -> Self { *self } }\n"
        for name in copied
    )
    defaults = (
        f"impl ::core::default::Default for {name} "
        f"{{ #[inline] fn default() -> Self {{ unsafe {{ {_ZEROED}() }} }} }}\n"
        for name in [*zeroed, *defaulted]
    )
    shows = (
        f"impl ::core::fmt::Debug for {name} {{ fn fmt(&self, to: &mut ::core::fmt::Formatter<'_>) "
        f'-> ::core::fmt::Result {{ to.write_str("{name} {{ .. }}") }} }}\n'
        for name in shown
    )
    return "".join(
        [
            text,
            "\n",
            *copies,
            *defaults,
            *shows,
            *([_HELPER] if zeroed or defaulted else []),
            declared,
        ]
    )


def _without_written(text: str) -> tuple[str, list[str]]:
    """Return bindings without the defaults that are written out, and whose those are."""
    names = [found["name"] for found in _WRITTEN.finditer(text)]
    return _WRITTEN.sub("", text), names


def _without_derived(
    text: str, named: Collection[str] | None
) -> tuple[str, list[str], list[str], list[str]]:
    """Return bindings that derive neither Copy nor Default, and what is to have these.

    The last are those that do not derive Debug any more either.
    """
    copied: list[str] = []
    defaulted: list[str] = []
    shown: list[str] = []

    def left(found: re.Match[str]) -> str:
        traits, name = re.findall(r"\w+", found["traits"]), found["name"]
        apart = [({"Clone", "Copy"}, copied), ({"Default"}, defaulted)]
        if named is not None and name not in named:
            apart.append(({"Debug"}, shown))
        for its, names in apart:
            if its <= set(traits):
                names.append(name)
                traits = [trait for trait in traits if trait not in its]
        return f"#[derive({', '.join(traits)})]\n" if traits else ""

    return _DERIVED.sub(left, text), copied, defaulted, shown


def _without_blocks(text: str) -> tuple[str, str]:
    """Return bindings without blocks of C's functions and variables, and one block of each kind."""
    bodies: dict[str, list[str]] = {}

    def taken(found: re.Match[str]) -> str:
        bodies.setdefault(" ".join(found["head"].split()), []).append(found["body"])
        return ""

    text = _BLOCK.sub(taken, text)
    return text, "".join(f"{head} {{{''.join(all_)}}}\n" for head, all_ in bodies.items())
