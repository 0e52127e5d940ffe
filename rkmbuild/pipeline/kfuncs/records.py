"""What the Rust code of a module says of the functions that BPF programs may call.

The macro leaves a line for each of them, and for each structure of the module's own that they pass.
"""

import re
from dataclasses import dataclass

from rkmbuild.base.errors import BuildError

_NAME = re.compile(r"[A-Za-z_]\w*")
_POINTER = re.compile(r"\*\s*(mut|const)\s+(.+)")


@dataclass(frozen=True)
class Scalar:
    """A number, a truth value, or nothing.

    Attributes:
        name: In Rust's word, as `u32`; `void`.
    """

    name: str


@dataclass(frozen=True)
class Structure:
    """A structure, of the kernel's or of the module's own, by name."""

    name: str


@dataclass(frozen=True)
class Pointer:
    """A pointer, and whether what it leads to is constant."""

    to: "CType"
    constant: bool


CType = Scalar | Structure | Pointer

SCALARS = ("bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64")


@dataclass(frozen=True)
class Function:
    """A function that BPF programs may call.

    Attributes:
        name: Its symbol.
        returns: What it gives back.
        arguments: Name and type of each argument.
    """

    name: str
    returns: CType
    arguments: tuple[tuple[str, CType], ...]


@dataclass(frozen=True)
class Records:
    """What a module says.

    Attributes:
        functions: In the order of the section; the first is number 1 in sets.
        types: The size in bytes of each structure of the module's own, by name.
    """

    functions: tuple[Function, ...]
    types: dict[str, int]

    def structures(self) -> list[str]:
        """Return the names of the kernel's structures that the functions pass, each once."""
        found: dict[str, None] = {}
        for function in self.functions:
            for each in (function.returns, *(argument for _, argument in function.arguments)):
                of = each
                while isinstance(of, Pointer):
                    of = of.to
                if isinstance(of, Structure) and of.name not in self.types:
                    found[of.name] = None
        return list(found)


def parse(section: bytes) -> Records:
    """Read the section of the Rust object that has the lines.

    Raises:
        BuildError: a line is not of the known form, or two functions have one name.
    """
    functions: dict[str, Function] = {}
    types: dict[str, int] = {}
    for line in section.decode(errors="backslashreplace").replace("\0", "").splitlines():
        match line.split("\t"):
            case ["kfunc", name, _, _, returns, arguments] if _NAME.fullmatch(name):
                if name in functions:
                    raise BuildError(f"two functions for BPF programs are called {name}")
                functions[name] = Function(name, _type(returns, line), _arguments(arguments, line))
            case ["type", name, size] if _NAME.fullmatch(name) and size.isdecimal():
                if types.setdefault(name, int(size)) != int(size):
                    raise BuildError(f"two structures for BPF programs are called {name}")
            case [""]:
                pass
            case _:
                raise _odd(line)
    return Records(tuple(functions.values()), types)


def _arguments(text: str, line: str) -> tuple[tuple[str, CType], ...]:
    made = []
    for argument in filter(None, text.split(",")):
        name, colon, kind = argument.partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise _odd(line)
        made.append((name, _type(kind, line)))
    return tuple(made)


def _type(text: str, line: str) -> CType:
    text = text.strip()
    pointer = _POINTER.fullmatch(text)
    if pointer:
        return Pointer(_type(pointer[2], line), pointer[1] == "const")
    word, _, name = text.partition(" ")
    if word == "struct" and _NAME.fullmatch(name.strip()):
        return Structure(name.strip())
    if text in (*SCALARS, "void"):
        return Scalar(text)
    raise _odd(line)


def _odd(line: str) -> BuildError:
    return BuildError(
        f"what the module says of a function for BPF programs is not known: {line!r}",
        hint="a type is a number, `bool`, or a pointer to one, to `void` or to a structure",
    )
