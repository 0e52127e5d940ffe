"""Macros that are constants: what each expands to is worked out by the C compiler.

bindgen computes with literals and macros of literals alone, and in 64 bits: `_IOW(…)`, sizes and
casts are beyond it, and `~0U` comes out as -1.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

_DEFINED = re.compile(r"^#define ([A-Za-z_]\w*)[ ]+(\S.*)$", re.MULTILINE)
# What kbuild says of one object alone, and words of Rust.
_NOT_ASKED = re.compile(r"_*KBUILD_|rkmbuild|RKMBUILD|RUST_CONST_HELPER|true$|false$|NULL$")
BEGIN, _END = "rkmbuild_macro", "rkmbuild_end"
_EXPANDED = re.compile(rf'{BEGIN} "(\w+)"\s+(.*?)\s*{_END}', re.DOTALL)
_WORD = re.compile(
    r"\s+|0[xX][\da-fA-F]+[uUlL]*|\d+[uUlL]*(?![\w.])|'(?:[^'\\]|\\.[\da-fA-F]*)'|[A-Za-z_]\w*"
    r"|<<|>>|&&|\|\||[<>=!]=|[-+*/%&|^~!<>?:(),]"
)
_TAGS = frozenset({"struct", "union", "enum"})
_TYPE_WORDS = _TAGS | {
    "char", "short", "int", "long", "signed", "unsigned", "_Bool", "const", "volatile",
    "__signed__",
}  # fmt: skip
_OPERATORS = frozenset({
    "sizeof", "_Alignof", "__alignof__", "__typeof__", "typeof", "__extension__",
    "__builtin_constant_p", "__builtin_choose_expr", "__builtin_types_compatible_p",
    "__builtin_offsetof",
})  # fmt: skip
# A type stands in brackets, as a cast or for sizeof.
_BEFORE_TYPE = _TYPE_WORDS | {"(", ","}
_POINTER = re.compile(r"\*\s*\)")
_CONSTANT = re.compile(
    r"\bpub\s+const\s+(?P<name>(?:r#)?\w+)\s*:\s*(?P<type>[ui](?:8|16|32|64))\s*=\s*"
    r"(?P<value>-?\s*\d+)\s*;"
)
# Longer ones are code.
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a constant.

    Attributes:
        number: It.
    """

    number: int

    @property
    def rust(self) -> str:
        """The type that bindgen gives such a number."""
        if self.number < 0:
            return "i32" if self.number >= -(1 << 31) else "i64"
        return "u32" if self.number < 1 << 32 else "u64"


def candidates(defined: str, built_in: str) -> list[str]:
    """Return the macros that may be constants, of what `-E -dM` printed.

    Args:
        defined: What it printed of the headers.
        built_in: What it printed of nothing: the compiler's own.
    """
    own = set(_DEFINED.findall(built_in))
    found = [each for each in _DEFINED.findall(defined) if each not in own]
    return [name for name, _ in found if not _NOT_ASKED.match(name)]


def questions(names: Iterable[str]) -> str:
    """Return lines of C that the preprocessor expands."""
    return "".join(f'{BEGIN} "{name}" {name} {_END}\n' for name in names)


def expanded(text: str) -> Iterator[tuple[str, str]]:
    """Return each macro and what it expands to, of what `-E` printed."""
    return ((found[1], " ".join(found[2].split())) for found in _EXPANDED.finditer(text))


@dataclass(frozen=True)
class Known:
    """What the headers declare, by name.

    Attributes:
        types: Structures, unions, typedefs.
        constants: Enumerators, and what bindgen took for constants.
    """

    types: Collection[str]
    constants: Collection[str]

    def is_expression(self, text: str) -> bool:
        """Tell whether a macro's text may be a constant: numbers, operators, types, enumerators."""
        if not text or len(text) > _LONGEST or _POINTER.search(text):
            return False
        position, depth, before, number = 0, 0, "", False
        while position < len(text):
            found = _WORD.match(text, position)
            if not found:
                return False
            position = found.end()
            word = found[0].strip()
            if not word:
                continue
            depth += {"(": 1, ")": -1}.get(word, 0)
            if word == "," and not depth:
                return False
            if word[0].isalpha() or word[0] == "_":
                is_type = word in _TYPE_WORDS or before in _TAGS or word in self.types
                if word in self.constants:
                    is_type, number = False, True
                elif (is_type and before not in _BEFORE_TYPE) or (
                    not is_type and word not in _OPERATORS
                ):
                    return False
            number = number or word[0].isdigit() or word[0] == "'" or word == "sizeof"
            before = word
        return number


def constants(text: str) -> dict[str, tuple[int, tuple[int, int]]]:
    """Return the numbers that bindings have, and where each stands in their text."""
    return {
        found["name"]: (int(found["value"].replace(" ", "")), found.span())
        for found in _CONSTANT.finditer(text)
    }


def declared(values: Mapping[str, Value]) -> str:
    """Return Rust that declares constants."""
    lines = [f"pub const {name}: {v.rust} = {v.number};" for name, v in values.items()]
    return "\n".join(lines) + "\n" if lines else ""
