"""What a kernel has, asked of its headers by its own compiler: one compilation for all questions.

Each question is a function of its own in one C file, under a name and a line number of its own. It
is answered no where the compiler has an error to say of it. So functions, inline functions, macros,
constants, fields and prototypes are asked alike, and what a distribution brought back into an
older kernel counts as what it is.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache, process
from rkmbuild.base.errors import BuildError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.kernel import cflags
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.toolchain.parts import CCompiler

HAS = "RKMBUILD_HAS_"
"""What C is told of the kernel, with the name of what it has behind it."""

# Counts up when the questions are put in another way.
_REVISION = 1
_PLACE = "rkmbuild-probe-"
# A place among the questions; what stands elsewhere, as a macro's text, says in which function.
_AT = re.compile(rf"(?:.*[ (])?{_PLACE}(\d+):\d+:")
_CONTEXT = re.compile(r"\S.*: (?:In function \W(?:rkmbuild_probe_(\d+)|\w+)\W|At top level):$")
_ERROR = re.compile(r"\S+:\d+:(?:\d+:)? (?:fatal )?error: ")
_NO_LIMIT = {"gcc": "-fmax-errors=0", "clang": "-ferror-limit=0"}
# These are warnings to some compilers, and make another type an answer of yes.
_ERRORS = (
    "-Werror=incompatible-pointer-types", "-Werror=int-conversion",
    "-Werror=implicit-function-declaration",
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        name: What the answer is called: letters, digits and underscores.
        statement: Statements of C that compile where the answer is yes.
    """

    name: str
    statement: str


def named(name: str) -> Question:
    """Return the question for a function, an inline function, a macro, a variable or a constant."""
    return Question(name, f"\n#ifndef {name}\n(void)({name});\n#endif\n")


def read(text: str) -> tuple[tuple[str, ...], tuple[Question, ...]]:
    """Read a file of questions: the headers that they need, and the questions.

    A line is `#include <header>`, which a kernel may lack, a name, for `named`, or a name, a colon
    and statements. What begins with `# ` is a comment.
    """
    headers, questions = [], []
    for line in text.splitlines():
        if line.startswith("#include "):
            headers.append(line.removeprefix("#include "))
        elif line and not line.startswith("#"):
            name, _, statement = (part.strip() for part in line.partition(":"))
            questions.append(Question(name, statement) if statement else named(name))
    return tuple(headers), tuple(questions)


def source(headers: Sequence[str], questions: Sequence[Question]) -> str:
    """Return the C file that asks."""
    lines = []
    for header in headers:
        lines += [f"#if __has_include({header})", f"#include {header}", "#endif"]
    for number, question in enumerate(questions):
        function = f"void rkmbuild_probe_{number}(void)"
        lines += [f'#line 1 "{_PLACE}{number}"', f"{function};"]
        lines += [f"{function} {{ {question.statement} }}"]
    return "\n".join(lines) + "\n"


def lacking(said: str) -> set[int] | None:
    """Return the numbers of the questions that a compiler has an error to say of.

    Args:
        said: What it printed.

    Returns:
        The numbers, or None where an error belongs to none: then nothing is known.
    """
    found: set[int] = set()
    within: int | None = None
    for line in said.splitlines():
        context = _CONTEXT.match(line)
        if context:
            within = int(context[1]) if context[1] else None
            continue
        place = _AT.match(line)
        if _ERROR.match(line):
            number = int(place[1]) if place else within
            if number is None:
                return None
            found.add(number)
    return found


def ask(
    kernel: TargetKernel,
    compiler: CCompiler,
    headers: Sequence[str],
    questions: Sequence[Question],
) -> frozenset[str]:
    """Return the names of those questions that are answered yes; they are remembered.

    Raises:
        BuildError: the headers themselves do not compile.
        StorageError: the cache cannot be written.
    """
    text = source(headers, questions)
    key = cache.key(
        "probe", _REVISION, kernel.identity, str(kernel.objtree), kernel.c_flags, compiler.text,
        [question.name for question in questions], text,
    )  # fmt: skip

    def make(folder: Path) -> None:
        file = folder / "probe.c"
        file.write_text(text)
        done = process.run(
            [
                compiler.path, *kernel.c_flags, *_ERRORS, _NO_LIMIT[compiler.kind],
                *cflags.OF_A_MODULE, "-g0", "-fsyntax-only", file,
            ],
            doing=f"asking {kernel.tree.release} what it has",
            env=tool_environment({"LC_ALL": "C"}),
            cwd=kernel.objtree,
            success=range(256),
        )  # fmt: skip
        without = lacking(done.stderr)
        if without is None or (done.returncode and not without):
            raise process.failed(done, doing="asking the kernel what it has", failure=BuildError)
        has = [each.name for number, each in enumerate(questions) if number not in without]
        (folder / "has.json").write_text(json.dumps(has))

    place = cache.entry("probe", key, make)
    return frozenset(json.loads((place / "has.json").read_text()))


def defines(names: Iterable[str]) -> str:
    """Return C that says what a kernel has, for `#ifdef RKMBUILD_HAS_<name>`."""
    return "".join(f"#define {HAS}{name}\n" for name in sorted(names))
