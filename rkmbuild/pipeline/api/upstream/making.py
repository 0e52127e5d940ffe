"""Makes a sidecar: gets the source and the compiler of a kernel's Rust, and builds it once more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rkmbuild.base import cache, console
from rkmbuild.kernel import symvers
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import (
    outlook,
    own,
    rustc_probe,
    sidecar,
    static,
    static_tools,
    toolchain,
)
from rkmbuild.pipeline.api.upstream import source as sources
from rkmbuild.pipeline.api.upstream.exports import OtherExportsError
from rkmbuild.pipeline.api.upstream.own import Build
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from rkmbuild.pipeline.api.upstream.source import Source
from rkmbuild.pipeline.api.upstream.toolchain import NotOfferedError, Toolchain
from rkmbuild.pipeline.stages import side_by_side
from rkmbuild.toolchain import rust
from rkmbuild.toolchain.parts import Rust


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a user says of a sidecar that is to be made: the arguments of `sidecar.get`."""

    source: Path | None = None
    allow_mismatch: bool = False
    suite: str | None = None
    allow_expired: bool = False
    link: Way | None = None
    toolchain: str | None = None


def make(tree: KernelTree, wanted: Wanted) -> Sidecar:
    """Make the sidecar of a kernel; it is spare. The errors are those of `sidecar.get`."""
    symbols = symvers.load(tree.symvers) if tree.symvers else {}
    asked = rust.choose(wanted.toolchain)[0] if wanted.toolchain else None
    told = outlook.of(tree, link=wanted.link, rustc=asked)
    with cache.temporary() as work:
        if told.way is Way.STATIC:
            return _static(tree, wanted, asked, symbols, work, because=told.because)
        try:
            return _own(tree, wanted, asked, symbols, work)
        except (OtherExportsError, NotOfferedError) as error:
            # What was asked for is done or refused; a source of another patch level is taken for
            # what it exports alone.
            if wanted.link or wanted.allow_mismatch or not static_tools.is_known(tree):
                raise
            because = error.message
        console.note(f"{because}; modules are linked with what they use of the source's Rust")
    with cache.temporary() as work:
        return _static(tree, wanted, None, symbols, work, because=because)


def _materials(
    tree: KernelTree,
    wanted: Wanted,
    work: Path,
    *,
    here: Toolchain | None,
    get: Callable[..., Path],
) -> tuple[Source, Toolchain]:
    """Get source and toolchain, side by side: both are downloads and much to unpack."""
    suite, _, expired = sources.suite_of(tree)
    suite = wanted.suite or suite
    expired = expired or wanted.allow_expired
    given = wanted.source
    if given:
        sources.look(given, tree, mismatch=wanted.allow_mismatch)

    def get_source() -> Path:
        if given is None:
            return sources.packaged(
                tree, suite=suite, allow_expired=expired, mismatch=wanted.allow_mismatch
            )
        linux = sources.copied(given, tree, work)
        version = sources.read(linux).version
        sources.check(version, tree, str(given), mismatch=wanted.allow_mismatch)
        return linux

    def get_tools() -> Path:
        return get(suite=suite, allow_expired=expired)

    linux, *entry = side_by_side(get_source, *(() if here else (get_tools,)))
    tools = here or toolchain.read(entry[0])
    return sources.read(linux), tools


def _own(
    tree: KernelTree,
    wanted: Wanted,
    asked: Rust | None,
    symbols: Mapping[str, ExportedSymbol],
    work: Path,
) -> Sidecar:
    core = rustc_probe.demanded(symbols) or ""
    source, tools = _materials(
        tree,
        wanted,
        work,
        here=toolchain.on_this_machine(tree, core, asked),
        get=partial(toolchain.get, tree, core),
    )
    build = own.Build(tree=tree, source=source, tools=tools, folder=work / "build", variables={})

    def put_together(folder: Path) -> str:
        count = own.make(build, symbols, folder)
        return (
            f"{tree.release} exports its own Rust, and the source {source.label}, compiled by "
            f"{_rustc(tools)}, exports the same {count} names"
        )

    return _entry(build, Way.OWN, put_together)


def _static(
    tree: KernelTree,
    wanted: Wanted,
    asked: Rust | None,
    symbols: Mapping[str, ExportedSymbol],
    work: Path,
    *,
    because: str,
) -> Sidecar:
    takes = static_tools.takes(tree)

    def get_tools(*, suite: str | None, allow_expired: bool) -> Path:
        del suite  # the kernel's own has no tools that new
        return static_tools.get(takes, allow_expired=allow_expired)

    if asked:
        static_tools.check(takes, asked, tree)
    here = static_tools.on_this_machine(takes, asked)
    source, tools = _materials(tree, wanted, work, here=here, get=get_tools)
    if asked:
        tools = tools._replace(rust=asked)
    build = own.Build(
        tree=tree, source=source, tools=tools, folder=work / "build", variables=static.variables()
    )

    why = (
        f"{because}, so that modules bring along what they use of the source {source.label}, "
        f"compiled by {_rustc(tools)}"
    )

    def put_together(folder: Path) -> str:
        static.make(build, symbols, folder)
        return why

    # One that is there may have been made for another reason.
    return _entry(build, Way.STATIC, put_together).told(why)


def _entry(build: Build, way: Way, put_together: Callable[[Path], str]) -> Sidecar:
    """Return the sidecar, made by what returns why it is that way, where the cache lacks it."""
    tree, source, tools = build.tree, build.source, build.tools
    kernel = sidecar.identity(tree)
    rustc = tools.rust.verbose
    name = cache.key(sidecar.REVISION, kernel, source.name, rustc, str(tools.bindgen_version), way)

    def make_it(folder: Path) -> None:
        why = put_together(folder)
        Sidecar(
            folder=folder,
            release=tree.release,
            way=way,
            why=why,
            rust=tools.rust,
            source=source.label,
            kernel=kernel,
        ).write()
        (folder / sidecar.SPARE).touch()

    return sidecar.read(cache.entry(sidecar.KIND, name, make_it))


def _rustc(tools: Toolchain) -> str:
    return tools.rust.verbose.partition("\n")[0]
