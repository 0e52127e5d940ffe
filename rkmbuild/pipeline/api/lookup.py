"""Whether a kernel has a function, macro, constant, type or field, for who writes a module."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rkmbuild.base.errors import UsageError
from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import probe, target_kernel, tools
from rkmbuild.pipeline.api import portable, portable_crate

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")
# In this order the first that compiles says what a name is.
_KINDS = {
    "macro": "\n#ifndef {0}\n#error\n#endif\n",
    "constant": "enum {{ rkmbuild_constant = {0} }};",
    # A function cannot be declared static within another one.
    "variable": "static __typeof__({0}) rkmbuild_variable; (void)rkmbuild_variable;",
    "function": "(void)({0});",
    "struct": "(void)sizeof(struct {0});",
    "union": "(void)sizeof(union {0});",
    "type": "(void)sizeof({0} *);",
}
_FIELDS = {
    "field": "(void)(({0} *)0)->{1};",
    "struct field": "(void)((struct {0} *)0)->{1};",
    "union field": "(void)((union {0} *)0)->{1};",
}


@dataclass(frozen=True)
class Found:
    """What a kernel has under a name.

    Attributes:
        name: The name, or a structure and its field: `file.f_ref`.
        kind: What it is, as `function`, or None where the headers do not have it.
        exported_by: What exports a symbol of that name: `vmlinux`, or a module; None where nothing
            does.
        gpl: Whether only modules with a GPL-compatible license may use that symbol.
    """

    name: str
    kind: str | None
    exported_by: str | None
    gpl: bool

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "has": self.kind is not None}


def look_up(tree: KernelTree, names: Sequence[str]) -> list[Found]:
    """Return what a kernel has under each of `names`; its compiler is asked once.

    The headers that are looked through are those that the crate and its helpers include.

    Raises:
        UsageError: one is no name of C.
        KernelError, ToolchainError, BuildError, StorageError: the kernel cannot be asked.
    """
    for name in names:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is no name of C",
                hint="a function, macro, constant or type, or a field as STRUCTURE.FIELD",
            )
    chosen = tools.choose_tools(
        portable.Portable().rust(None, tree), tree, compiler="auto", with_cbindgen=False
    )
    kernel = target_kernel.prepare(tree, chosen)
    questions = [question for name in names for question in _questions(name)]
    has = probe.ask(kernel, chosen.compiler, _headers(), questions)
    exports = symvers.load(tree.symvers) if tree.symvers else {}
    found = []
    for name in names:
        kind = next((kind for kind, number in _numbered(name) if f"{number} {name}" in has), None)
        export = exports.get(name)
        found.append(
            Found(
                name=name,
                kind=kind.split()[-1] if kind else None,
                exported_by=export.module if export else None,
                gpl=bool(export and export.gpl),
            )
        )
    return found


def _headers() -> list[str]:
    top = portable_crate.source()
    files = [top / "bindings" / "bindings.h", *sorted((top / "kernel" / "helpers").glob("*.[hc]"))]
    found = (re.findall(r"^#include (<.+>)", file.read_text(), re.MULTILINE) for file in files)
    return list(dict.fromkeys(header for each in found for header in each))


def _numbered(name: str) -> list[tuple[str, int]]:
    return [(kind, i) for i, kind in enumerate(_FIELDS if "." in name else _KINDS)]


def _questions(name: str) -> list[probe.Question]:
    statements = (_FIELDS if "." in name else _KINDS).values()
    parts = name.split(".")
    return [probe.Question(f"{i} {name}", text.format(*parts)) for i, text in enumerate(statements)]
