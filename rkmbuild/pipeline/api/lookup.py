"""Whether a kernel has a function, macro, constant, type or field, for who writes a module."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rkmbuild.base.errors import BuildError, UsageError
from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import probe, target_kernel, tools
from rkmbuild.pipeline.api import history, portable, portable_crate
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.toolchain.parts import CCompiler

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")
# A line that declares or defines a name; where it is used, it is further in.
_DECLARED = (
    r"(?m)^(?:#[ \t]*define[ \t]+{0}\b"
    r"|(?:struct|union|enum)[ \t]+{0}[ \t]*\{{"
    r"|extern\b[^(\n]*\b{0}\b"
    r"|typedef\b.*\b{0}\)?(?:[(;]|$)"
    r"|(?:[A-Za-z_][\w *]*[ *])?{0}\("
    r"|[ \t]+{0}[ \t]*(?:[,=]|$))"
)
# Asking takes a second a header, and a name that many lines begin with is none to look for.
_HEADERS_AT_MOST = 3
# In this order the first that compiles says what a name is.
_KINDS = {
    "macro": "\n#ifndef {0}\n#error\n#endif\n",
    "constant": "enum {{ rkmbuild_constant = {0} }};",
    # A function cannot be declared static within another one, and a type is no value.
    "variable": "static __typeof__({0}) rkmbuild_variable; (void)rkmbuild_variable; (void){0};",
    "function": "(void)({0});",
    # Of a structure that no header describes.
    "opaque variable": "(void)&{0};",
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
        header: The header that has it, `linux/pci.h`, where the crate and its helpers do not
            include it.
        since: The release of Linux that brought it, where that is known.
        exported_by: What exports a symbol of that name: `vmlinux`, or a module; None where nothing
            does.
        gpl: Whether only modules with a GPL-compatible license may use that symbol.
    """

    name: str
    kind: str | None
    header: str | None
    since: str | None
    exported_by: str | None
    gpl: bool

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "has": self.kind is not None}


def look_up(tree: KernelTree, names: Sequence[str]) -> list[Found]:
    """Return what a kernel has under each of `names`, as its compiler says.

    The headers that the crate and its helpers include are looked through first, and for what is
    in none of them those that have the name in their text.

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
    ours = portable_crate.headers()
    kinds = _ask(kernel, chosen.compiler, ours, names)
    headers: dict[str, str] = {}
    for header, mentioned in _mentioning(tree, [name for name in names if not kinds[name]]).items():
        asked = [name for name in mentioned if not kinds[name]]
        # Not every header compiles with all others, or alone.
        with contextlib.suppress(BuildError):
            found = _ask(kernel, chosen.compiler, [*ours, f"<{header}>"], asked) if asked else {}
            kinds |= found
            headers |= dict.fromkeys((name for name, kind in found.items() if kind), header)
    exports = symvers.load(tree.symvers) if tree.symvers else {}
    return [
        Found(
            name=name,
            kind=kinds[name],
            header=headers.get(name),
            since=history.SINCE.get(name),
            exported_by=exports[name].module if name in exports else None,
            gpl=name in exports and exports[name].gpl,
        )
        for name in names
    ]


def _mentioning(tree: KernelTree, names: Sequence[str]) -> dict[str, list[str]]:
    """Return headers of the kernel that may have names, the likeliest first, and the names."""
    top = tree.source / "include"
    words = {name: name.partition(".")[0] for name in names}
    found: dict[str, list[str]] = {}
    for file in sorted(top.rglob("*.h"), key=lambda path: (path.parent != top / "linux", path)):
        if not words:
            break
        text = file.read_text(errors="replace")
        hits = [
            name
            for name, word in words.items()
            if word in text and re.search(_DECLARED.format(word), text)
        ]
        if hits:
            found[str(file.relative_to(top))] = hits
        for name in hits:
            if sum(name in listed for listed in found.values()) == _HEADERS_AT_MOST:
                del words[name]
    return found


def _ask(
    kernel: TargetKernel, compiler: CCompiler, headers: Sequence[str], names: Sequence[str]
) -> dict[str, str | None]:
    """Return what each of `names` is, None where it is not there."""
    questions = [question for name in names for question in _questions(name)]
    has = probe.ask(kernel, compiler, headers, questions)
    kinds: dict[str, str | None] = {}
    for name in names:
        kind = next((kind for kind, number in _numbered(name) if f"{number} {name}" in has), None)
        kinds[name] = kind.split()[-1] if kind else None
    return kinds


def _numbered(name: str) -> list[tuple[str, int]]:
    return [(kind, i) for i, kind in enumerate(_FIELDS if "." in name else _KINDS)]


def _questions(name: str) -> list[probe.Question]:
    statements = (_FIELDS if "." in name else _KINDS).values()
    parts = name.split(".")
    return [probe.Question(f"{i} {name}", text.format(*parts)) for i, text in enumerate(statements)]
