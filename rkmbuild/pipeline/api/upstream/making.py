"""Makes a sidecar: gets the source and the compiler of a kernel's Rust, and builds it once more."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import symvers
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import own, rustc_probe, sidecar, toolchain
from rkmbuild.pipeline.api.upstream import source as sources
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from rkmbuild.pipeline.api.upstream.source import Source
from rkmbuild.pipeline.api.upstream.toolchain import Toolchain
from rkmbuild.pipeline.stages import side_by_side


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a user says of a sidecar that is to be made: the arguments of `sidecar.get`."""

    source: Path | None = None
    allow_mismatch: bool = False
    suite: str | None = None
    allow_expired: bool = False


def make(tree: KernelTree, wanted: Wanted) -> Sidecar:
    """Make the sidecar of a kernel; the errors are those of `sidecar.get`."""
    if not tree.config.on("RUST"):
        raise KernelError(
            f"{tree.release} was built without Rust (CONFIG_RUST): there is no crate of its own "
            "that a module could be linked to",
            hint="the portable API is there for every kernel: leave out `api` in Cargo.toml",
        )
    if tree.symvers is None:
        raise KernelError(f"{tree.release} has no Module.symvers, which says what it exports")
    symbols = symvers.load(tree.symvers)
    core = rustc_probe.demanded(symbols)
    if core is None:
        raise KernelError(f"{tree.release} has Rust (CONFIG_RUST), and exports none of its symbols")
    with cache.temporary() as work:
        source, tools = _materials(tree, wanted, core, work)
        return _made(tree, source, tools, symbols, work)


def _materials(tree: KernelTree, wanted: Wanted, core: str, work: Path) -> tuple[Source, Toolchain]:
    """Get source and toolchain, side by side: both are downloads and much to unpack."""
    suite, _, expired = sources.suite_of(tree)
    suite = wanted.suite or suite
    expired = expired or wanted.allow_expired
    given = wanted.source
    here = toolchain.on_this_machine(tree, core)

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
        return toolchain.get(tree, core, suite=suite, allow_expired=expired)

    linux, *entry = side_by_side(get_source, *(() if here else (get_tools,)))
    tools = here or toolchain.read(entry[0])
    return sources.read(linux), tools


def _made(
    tree: KernelTree,
    source: Source,
    tools: Toolchain,
    symbols: Mapping[str, ExportedSymbol],
    work: Path,
) -> Sidecar:
    kernel = sidecar.identity(tree)
    rustc = tools.rust.verbose
    name = cache.key(sidecar.REVISION, kernel, source.name, rustc, str(tools.bindgen_version))

    def put_together(folder: Path) -> None:
        build = own.Build(
            tree=tree, source=source, tools=tools, folder=work / "build", variables={}
        )
        count = own.make(build, symbols, folder)
        Sidecar(
            folder=folder,
            release=tree.release,
            way=Way.OWN,
            why=f"{tree.release} exports its own Rust, and the source {source.label}, compiled by "
            f"{rustc.partition(chr(10))[0]}, exports the same {count} names",
            rust=tools.rust,
            source=source.label,
            kernel=kernel,
        ).write()

    return sidecar.read(cache.entry(sidecar.KIND, name, put_together))
