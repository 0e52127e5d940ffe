"""What the kernel's own C compiler says of all types and macros that are bound: one compilation.

Types are read from the debug information, alignments and constants from an array of numbers.
"""

import os
import re
import struct
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.base.errors import BuildError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.pipeline.layout import dwarf, macros
from rkmbuild.pipeline.layout.c_types import CTypes
from rkmbuild.pipeline.layout.macros import Known, Value
from rkmbuild.toolchain.parts import CCompiler

_SYMBOL = "rkmbuild_answers"
_PLACE = "rkmbuild-questions"
# In an error of its own, or in a note behind one that is elsewhere, as in a macro's text.
_ERROR = re.compile(rf"^{_PLACE}:(\d+):", re.MULTILINE)
_NO_LIMIT = {"gcc": "-fmax-errors=0", "clang": "-ferror-limit=0"}
# Every type counts, whether C uses it or not. -w: the headers' own warnings are no news here.
_FLAGS = ("-gdwarf-5", "-fno-eliminate-unused-debug-types", "-w", "-fno-lto")
# What puts debug information elsewhere, or in another form (CONFIG_DEBUG_INFO_SPLIT, _COMPRESSED).
_NOT_SO = ("-gsplit-dwarf", "-gz")
# Brackets by number: what takes anything up to `))` looks through the whole text for each of them.
_ATTRIBUTES = r"(?:__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)\s*)*"
_TAGGED = re.compile(rf"\b(struct|union)\s+{_ATTRIBUTES}([A-Za-z_]\w*)\s*\{{")
_TYPEDEF = re.compile(r"\btypedef\s+(?:const\s+)?(?:struct|union)\b[^;{}]*\{")
_BRACE = re.compile(r"[{}]")
_NAME_AFTER = re.compile(rf"\s*{_ATTRIBUTES}([A-Za-z_]\w*)\s*[;_]")
# The compiler's own, which the headers' text does not have.
_BUILT_IN = "__va_list_tag"
_READING = "reading the headers by the C compiler"
# Whether it is negative, and what it is.
_EACH = 2


@dataclass(frozen=True, kw_only=True)
class C:
    """The C that is asked.

    Attributes:
        header: The text that includes all headers.
        compiler: The compiler.
        flags: Its arguments, those that hold for each object included.
        folder: Where it runs.
    """

    header: str
    compiler: CCompiler
    flags: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Preprocessed:
    """What the preprocessor makes of the headers.

    Attributes:
        tagged: What stands before the names of structures and unions: `struct` or `union`.
        typedefs: Names of structures and unions that are declared with them by `typedef`.
        macros: What each macro without arguments expands to.
    """

    tagged: Mapping[str, str]
    typedefs: frozenset[str]
    macros: Mapping[str, str]


@dataclass(frozen=True)
class Answers:
    """What the compiler says.

    Attributes:
        types: Structures and unions.
        aligned: Alignments in bytes, by the name of the structure.
        values: The macros that are constants.
    """

    types: CTypes
    aligned: Mapping[str, int]
    values: Mapping[str, Value]


def preprocess(c: C, work: Path, names: Collection[str] | None = None) -> Preprocessed:
    """Run the preprocessor: for the macros there are, and for what they expand to.

    Args:
        names: The macros that may be of interest; None for all.

    Raises:
        BuildError: it failed.
    """
    source = work / "macros.c"
    source.write_text(c.header)
    defined = _run(c, "-E", "-dM", source).stdout
    built_in = process.run(
        [c.compiler.path, "-E", "-dM", "-x", "c", os.devnull],
        doing="asking for the C compiler's macros",
    ).stdout
    asked = macros.candidates(defined, built_in)
    if names is not None:
        asked = [name for name in asked if name in names]
    text = _expanded(c, asked, source)
    source.unlink()
    code = text.partition(macros.BEGIN)[0]
    return Preprocessed(
        tagged=tagged(code),
        typedefs=frozenset(_typedefs(code)),
        macros=dict(macros.expanded(text)),
    )


def tagged(code: str) -> dict[str, str]:
    """Return the structures and unions that C describes, and what stands before each name."""
    return {name: tag for tag, name in _TAGGED.findall(code)}


def _expanded(c: C, names: Sequence[str], source: Path) -> str:
    """Return the headers' text, and that of the macros of these names that can be expanded."""
    while True:
        source.write_text(f'{c.header}#line 1 "{_PLACE}"\n{macros.questions(names)}')
        done = _run(c, _NO_LIMIT[c.compiler.kind], "-E", "-P", source, success=range(256))
        if done.returncode == 0:
            return done.stdout
        # Some cannot: include/linux/arm_sdei.h (6.12) gives another macro an argument too many.
        wrong = {int(number) for number in _ERROR.findall(done.stderr)}
        kept = [name for number, name in enumerate(names, 1) if number not in wrong]
        if len(kept) == len(names):
            raise process.failed(done, doing=_READING, failure=BuildError)
        names = kept


def ask(c: C, said: Preprocessed, names: Iterable[str], known: Known, work: Path) -> Answers:
    """Compile the questions.

    Args:
        said: What the preprocessor said.
        names: The structures whose alignment is asked.
        known: What the headers declare.
        work: A folder for what the compiler needs and makes.

    Raises:
        BuildError: the headers do not compile.
    """
    wanted = [name for name in names if name != _BUILT_IN]
    spelled = {name: f"{said.tagged[name]} {name}" for name in wanted if name in said.tagged}
    spelled |= {name: name for name in wanted if name in said.typedefs and name not in spelled}
    constant = {n: text for n, text in said.macros.items() if known.is_expression(text)}
    alignments, values, types = _compiled(c, spelled, constant, work)
    # What the text did not show to be a structure with a name, the debug information does.
    missed = {name: types.spelling(name) for name in wanted if name not in alignments}
    missed = {name: spelling for name, spelling in missed.items() if spelling}
    if missed:
        alignments |= _compiled(c, missed, {}, work)[0]
    return Answers(types, alignments, values)


def _compiled(
    c: C, spelled: dict[str, str], constant: dict[str, str], work: Path
) -> tuple[dict[str, int], dict[str, Value], CTypes]:
    source, target = work / "layout.c", work / "layout.o"
    each = False
    while True:
        lines = [f"0, _Alignof({spelling})" for spelling in spelled.values()]
        lines += [f"({text}) < 0, (unsigned long long)({text})" for text in constant.values()]
        source.write_text(c.header + (_one_by_one(lines) if each else _together(lines)))
        done = _run(
            c, *_FLAGS, _NO_LIMIT[c.compiler.kind], "-c", "-o", target, source, success=range(256)
        )
        if done.returncode == 0 and not each:
            break
        wrong = {int(number) for number in _ERROR.findall(done.stderr)}
        if done.returncode and not wrong and each and constant:
            constant = {}  # one of them upsets the compiler elsewhere: layouts matter more
            continue
        if done.returncode and not wrong and each:
            doing = "asking the C compiler how it lays out structures"
            raise process.failed(done, doing=doing, failure=BuildError)
        # An error in an array hides those behind it: the next time they stand each for itself.
        each = done.returncode != 0
        spelled, constant = (
            {key: value for i, (key, value) in enumerate(asked.items(), first) if i not in wrong}
            for asked, first in ((spelled, 1), (constant, 1 + len(spelled)))
        )
    answers = iter(_read(target, _EACH * len(lines)))
    pairs = list(zip(answers, answers, strict=True))
    aligned = {name: pair[1] for name, pair in zip(spelled, pairs, strict=False)}
    numbers = {
        name: Value(number - (1 << 64) if negative and number >> 63 else number)
        for name, (negative, number) in zip(constant, pairs[len(spelled) :], strict=True)
    }
    types = CTypes(dwarf.read(target))
    source.unlink()
    target.unlink()
    return aligned, numbers, types


def _together(questions: Sequence[str]) -> str:
    return (
        f"extern const unsigned long long {_SYMBOL}[];\n"
        f'const unsigned long long {_SYMBOL}[] = {{\n#line 1 "{_PLACE}"\n'
        + "".join(f"{question},\n" for question in questions)
        + "0};\n"
    )


def _one_by_one(questions: Sequence[str]) -> str:
    numbered = enumerate(questions)
    return f'#line 1 "{_PLACE}"\n' + "".join(
        f"const unsigned long long {_SYMBOL}_{i}[] = {{ {question} }};\n"
        for i, question in numbered
    )


def _typedefs(code: str) -> Iterator[str]:
    """Yield the names that typedefs give to structures which they describe."""
    for found in _TYPEDEF.finditer(code):
        depth, end = 1, found.end()
        while depth:
            brace = _BRACE.search(code, end)
            if not brace:
                return
            depth += 1 if brace[0] == "{" else -1
            end = brace.end()
        name = _NAME_AFTER.match(code, end)
        if name:
            yield name[1]


def _run(c: C, *arguments: str | Path, success: Sequence[int] = (0,)) -> process.Completed:
    return process.run(
        [c.compiler.path, *(f for f in c.flags if not f.startswith(_NOT_SO)), *arguments],
        doing=_READING,
        env=tool_environment({"LC_ALL": "C"}),
        cwd=c.folder,
        success=success,
    )


def _read(target: Path, count: int) -> tuple[int, ...]:
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - 50 ms that only this needs
    from elftools.elf.sections import SymbolTableSection  # noqa: PLC0415

    with target.open("rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        symbols = table.get_symbol_by_name(_SYMBOL) if isinstance(table, SymbolTableSection) else []
        if not symbols:
            raise BuildError(f"{target.name} has no symbol {_SYMBOL}")
        data = elf.get_section(symbols[0]["st_shndx"]).data()
        return struct.unpack_from(f"<{count}Q", data, symbols[0]["st_value"])
