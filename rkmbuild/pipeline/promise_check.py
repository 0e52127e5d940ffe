"""Refuses a module with code that was compiled for programs, or without what its kernel promises.

Rust, and C that kbuild compiles, have the kernel's flags. What a crate's build script compiles has
them if it heeds its variables (`crate_c`); assembly, and objects that come compiled, have what they
have. The rules are `check`'s; here it is known which crate the code is from.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.arch.arch import Arch
from rkmbuild.arch.code import CodeReader, Stray
from rkmbuild.base import console
from rkmbuild.base.errors import DangerousModuleError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import demangle, module, never_run, protection, strays, vectors
from rkmbuild.ko.module import Module
from rkmbuild.pipeline import origins
from rkmbuild.pipeline.crate import Library

_SHOWN = 5
_RULES = {
    Stray.USER_SEGMENT: "thread-pointer",
    Stray.FIXED_PER_CPU: "per-cpu-place",
    Stray.NOT_PER_CPU: "per-cpu-place",
    Stray.BELOW_STACK: "red-zone",
}
_ORDER = (*dict.fromkeys(_RULES.values()), "plain-returns", "indirect-calls", "missing-endbr")


@dataclass(frozen=True)
class Breach:
    """A function that breaks a rule.

    Attributes:
        function: Its name in the symbol table.
        rule: The rule of `check`.
        what: What it does, in words.
    """

    function: str
    rule: str
    what: str


def check(
    made: Path, name: str, kernel: KernelTree, library: Library, objects: Sequence[Path]
) -> None:
    """Judge a module before it gets its place.

    Args:
        made: The module.
        name: What to call it.
        kernel: Its kernel.
        library: The static library that it was linked from.
        objects: The objects of the project's C files.

    Raises:
        DangerousModuleError: a function breaks a rule.
    """
    arch = architectures.of(kernel.arch)
    read = module.opened(made.read_bytes())
    if read is None:
        return
    idle = never_run.sections(read.file, kernel.config)
    if idle:
        console.warning(
            f"{name}.ko has functions in {', '.join(idle)}, which {kernel.release} never calls "
            "[never-run]"
        )
    if not arch.code:
        return
    found = list(breaches(read, arch, arch.code, kernel))
    if found:
        symbols = dict.fromkeys(breach.function for breach in found)
        plain = demangle.demangle([symbol.partition(".")[0] for symbol in symbols])
        names = dict(zip(symbols, plain, strict=True))
        places = origins.find({names[symbol]: symbol for symbol in symbols}, library, objects)
        native = {crate for crate, _ in library.native}
        what = f"{name}.ko has code that was not compiled for {kernel.release}"
        raise _refusal(what, found, names, places, native)


def breaches(read: Module, arch: Arch, code: CodeReader, kernel: KernelTree) -> Iterator[Breach]:
    """Give the functions of a module that break a rule, the worst rules first, each once."""
    first: dict[tuple[str, str], Breach] = {}
    for breach in _every(read, arch, code, kernel):
        first.setdefault((breach.function, breach.rule), breach)
    yield from sorted(first.values(), key=lambda breach: _ORDER.index(breach.rule))


def _every(read: Module, arch: Arch, code: CodeReader, kernel: KernelTree) -> Iterator[Breach]:
    for number, access in strays.find(read.places, code, arch.canary, kernel):
        shown = f" by `{access.text}`" if access.text else ""
        what = f"reaches {strays.text(access, arch.canary)}{shown}"
        yield Breach(read.function_at(number, access.at), _RULES[access.kind], what)
    config = kernel.config
    thunks, retpolines = (
        config.on("RETHUNK", "MITIGATION_RETHUNK"),
        config.on("RETPOLINE", "MITIGATION_RETPOLINE"),
    )
    for number, section in enumerate(read.file.sections):
        if not (section.executable and section.allocated):
            continue
        if read.file.names[number] == vectors.NOT_RUN:
            continue
        scan = code.scan(bytes(read.file.content(section)), frame_limit=arch.stack)
        for at in scan.returns if thunks else ():
            what = "returns without the kernel's return thunk"
            yield Breach(read.function_at(number, at), "plain-returns", what)
        branches = [(number, at) for at in scan.branches] if retpolines else []
        for place in protection.unpatched(read, branches):
            what = "calls or jumps through a pointer without a retpoline"
            yield Breach(read.function_at(*place), "indirect-calls", what)
    pad = arch.landing_pad
    if pad and config.on(pad.option):
        for place in protection.without_pad(read, pad, arch.relocations.addresses):
            what = f"has its address taken, and does not begin with {pad.name}"
            yield Breach(read.function_at(*place), "missing-endbr", what)


def _refusal(
    what: str,
    found: Sequence[Breach],
    names: Mapping[str, str],
    places: Mapping[str, str],
    native: Collection[str],
) -> DangerousModuleError:
    rules = ", ".join(dict.fromkeys(breach.rule for breach in found))
    lines = [f"{what} [{rules}]"]
    for breach in found[:_SHOWN]:
        plain = names[breach.function]
        lines.append(f"  {plain}, {origins.said(places[plain])}: {breach.what}")
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN} more")
    hints = [
        f"what {crate} brings in C, assembly or compiled has to heed the variables that its build "
        "script gets, CC and CFLAGS of the target (the crate cc does), or be built with this "
        "kernel's flags; else use another crate for it"
        if crate in native
        else f"assembly in the Rust code of {crate} has to do as the kernel's own does"
        for crate in dict.fromkeys(places.values())
        if crate and not crate.endswith(".c")
    ]
    hints.append("rkmbuild check --rules says what each rule is about")
    return DangerousModuleError("\n".join(lines), hint="\n".join(hints))
