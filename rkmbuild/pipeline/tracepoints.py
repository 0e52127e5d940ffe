"""Refuses a module whose `declare_tracepoint!` says other arguments than the kernel's own header.

A probe is called through a pointer of no type: what is said wrong of a tracepoint is a wild pointer
when it is reached. The module has a line for each that it registers a probe of, and the header a
function that takes a probe of the right type alone, `check_trace_callback_type_NAME`
(include/linux/tracepoint.h). The C compiler compares them. Where the header is not found, or needs
more than itself, nothing is known, and `unsafe` stands as it is.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base.errors import BuildError
from rkmbuild.pipeline import probe
from rkmbuild.pipeline.probe import Question
from rkmbuild.pipeline.replay import elf_section
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.toolchain.parts import CCompiler

SECTION = ".discard.rkmbuild.tracepoints"
"""The section of the Rust object that has what is said: crates/kernel/src/tracepoint.rs."""

_HEADERS = ("include/trace/events", "include/ras")
# Of what these name, some headers of tracepoints take for granted that it was included.
_BEFORE = tuple(
    f"<linux/{name}.h>"
    for name in ("blkdev", "device", "fs", "interrupt", "mm", "netdevice", "slab", "workqueue")
)
# DECLARE_TRACE(name, TP_PROTO(…), DEFINE_EVENT(class, name, TP_PROTO(…), and their like.
_EVENT = (
    r"\b(?:TRACE_EVENT|DECLARE_TRACE|DEFINE_EVENT)\w*\s*\("
    r"(?:\s*\w+\s*,)?\s*{}\s*,\s*TP_PROTO\s*\("
)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_NAME = re.compile(r"(?:\(\s*\*\s*(\w+)\s*\)\s*\(.*|(\w+)\s*(?:\[[^]]*\]\s*)*)$", re.DOTALL)
# clang and gcc number the classes of types alike: gcc/typeclass.h.
_POINTER = "__builtin_classify_type({0}) == 5"
_NUMBER = "__builtin_classify_type({0}) < 5"
# Not an enum, nor a plain char, whose signs are the compiler's own affair.
_SIGNED = ("signed char", "short", "int", "long", "long long")
_UNSIGNED = ("unsigned char", *(f"unsigned {name}" for name in _SIGNED[1:]))
_POINTEES = {"t": "struct task_struct", "r": "struct pt_regs"}


@dataclass(frozen=True)
class Argument:
    """What a module says of one argument of a tracepoint.

    Attributes:
        name: The field's name.
        kind: `b`ool, `s`igned or `u`nsigned number, `p`ointer, `w`ord that may be either, or `?`.
        size: In bytes.
        pointee: `t`ask, `r`egisters, or `-` where any will do.
    """

    name: str
    kind: str
    size: int
    pointee: str

    def text(self) -> str:
        """Return it in words."""
        if self.pointee in _POINTEES:
            return f"a pointer to {_POINTEES[self.pointee]}"
        plural = "" if self.size == 1 else "s"
        number = f"number of {self.size} byte{plural}"
        words = {
            "b": "a bool", "p": "a pointer", "w": "a pointer or an unsigned number of its size",
            "s": f"a signed {number}", "u": f"an unsigned {number}",
        }  # fmt: skip
        return words[self.kind]

    def condition(self, value: str) -> str:
        """Return C that is true where a value is such an argument."""
        if self.pointee in _POINTEES:
            pointers = [f"{each}{_POINTEES[self.pointee]} *" for each in ("", "const ")]
            return _is_one_of(value, pointers)
        if self.kind == "b":
            return _is_one_of(value, ["_Bool"])
        if self.kind == "p":
            return _POINTER.format(value)
        others = _UNSIGNED if self.kind == "s" else _SIGNED
        number = f"{_NUMBER.format(value)} && sizeof({value}) == {self.size}"
        number += f" && !({_is_one_of(value, others)})"
        return f"{_POINTER.format(value)} || ({number})" if self.kind == "w" else number


@dataclass(frozen=True)
class Said:
    """What a module says of a tracepoint.

    Attributes:
        name: The tracepoint.
        arguments: Its first arguments, of which those at the end may be left out.
    """

    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Declared:
    """What a header says of a tracepoint.

    Attributes:
        header: Below `include`.
        parameters: Each as C has it.
    """

    header: str
    parameters: tuple[str, ...]


def read(section: bytes) -> list[Said]:
    """Read what a module says, each once."""
    said = []
    for line in dict.fromkeys(section.decode().splitlines()):
        name, *fields = line.split(" ")
        pairs = [field.split(":", 1) for field in fields]
        arguments = (
            Argument(field.removeprefix("r#"), code[0], ord(code[1]) - ord("0"), code[2])
            for field, code in pairs
        )
        said.append(Said(name, tuple(arguments)))
    return said


def declarations(source: Path, name: str) -> Iterator[Declared]:
    """Find what the headers of a kernel say of a tracepoint: by configuration, it may be several.

    Args:
        source: The kernel's source, or its headers.
        name: The tracepoint's. Since 6.16 DECLARE_TRACE() adds `_tp` to what it is given.
    """
    names = "|".join(dict.fromkeys((re.escape(name), re.escape(name.removesuffix("_tp")))))
    event = re.compile(_EVENT.format(f"(?:{names})"))
    for folder in _HEADERS:
        for file in sorted((source / folder).rglob("*.h")):
            text = file.read_text(errors="replace")
            if name.removesuffix("_tp") not in text:
                continue
            text = _COMMENT.sub(" ", text)
            for found in event.finditer(text):
                parameters = tuple(_split(text[found.end() :]))
                if parameters == ("void",):
                    parameters = ()
                yield Declared(str(file.relative_to(source / "include")), parameters)


def check(data: bytes, kernel: TargetKernel, compiler: CCompiler) -> None:
    """Compare what the module's Rust object, `data`, says of tracepoints with the kernel's headers.

    Raises:
        BuildError: they differ.
    """
    if SECTION.encode() not in data:
        return
    pairs = [
        (said, declared)
        for said in read(elf_section(data, SECTION))
        for declared in declarations(kernel.tree.source, said.name)
    ]
    differing = differences(pairs, kernel, compiler) if pairs else []
    for (said, declared), wrong in zip(pairs, differing, strict=True):
        if wrong:
            right = ", ".join(declared.parameters) or "void"
            raise BuildError(
                f"declare_tracepoint! gives {said.name} other arguments than "
                f"{kernel.tree.release} has:\n" + "\n".join(f"  {line}" for line in wrong),
                hint=f"it is TP_PROTO({right}) in include/{declared.header}",
            )


def differences(
    pairs: Sequence[tuple[Said, Declared]], kernel: TargetKernel, compiler: CCompiler
) -> list[list[str]]:
    """Return for each pair what is said wrong, in words.

    Nothing is wrong where a declaration is not the one that the kernel is configured to have.
    """
    questions = [
        question
        for number, (said, declared) in enumerate(pairs)
        for question in _questions(number, said, declared)
    ]
    headers = dict.fromkeys(f"<{declared.header}>" for _, declared in pairs)
    try:
        right = probe.ask(kernel, compiler, (*_BEFORE, *headers), questions)
    except BuildError:  # one of the headers is not for everybody
        if len(pairs) == 1:
            return [[]]
        return [differences([pair], kernel, compiler)[0] for pair in pairs]
    wrong = {question.name for question in questions} - right
    return [
        [] if _whole(number) in wrong else list(_told(number, said, declared, wrong))
        for number, (said, declared) in enumerate(pairs)
    ]


def _whole(pair: int) -> str:
    return f"whole_{pair}"


def _one(pair: int, argument: int) -> str:
    return f"argument_{pair}_{argument}"


def _questions(number: int, said: Said, declared: Declared) -> Iterator[Question]:
    proto = ", ".join(["void *__data", *declared.parameters])
    whole = f"extern void right({proto}); check_trace_callback_type_{said.name}(right);"
    yield Question(_whole(number), whole)
    both = zip(said.arguments, declared.parameters, strict=False)
    for at, (argument, parameter) in enumerate(both):
        name = _NAME.search(parameter)
        if argument.kind != "?" and name:
            # A member: a variable of the name might be one of the kernel's.
            condition = argument.condition(f"((struct has *)0)->{name[1] or name[2]}")
            text = f'struct has {{ int first; {parameter}; }}; _Static_assert({condition}, "");'
            yield Question(_one(number, at), text)


def _told(number: int, said: Said, declared: Declared, wrong: Collection[str]) -> Iterator[str]:
    for at, argument in enumerate(said.arguments):
        if at >= len(declared.parameters):
            yield f"there is no argument {at + 1}, which {argument.name} is said to be"
        elif _one(number, at) in wrong:
            yield (
                f"argument {at + 1} is `{declared.parameters[at]}`; "
                f"{argument.name} is said to be {argument.text()}"
            )


def _is_one_of(value: str, types: Iterable[str]) -> str:
    same = (f"__builtin_types_compatible_p(__typeof__({value}), {name})" for name in types)
    return " || ".join(same)


def _split(text: str) -> Iterator[str]:
    """Give the parameters up to the parenthesis that closes them."""
    depth, start = 0, 0
    for at, letter in enumerate(text):
        if letter == "(":
            depth += 1
        elif letter in ",)" and depth == 0:
            yield " ".join(text[start:at].split())
            if letter == ")":
                return
            start = at + 1
        elif letter == ")":
            depth -= 1
