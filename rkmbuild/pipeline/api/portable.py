"""The portable API: rkmbuild's own `kernel` crate, one source for every kernel from 6.1 on.

Its source is crates/. It stands on `core` and `alloc` that are built for the purpose, so that a
kernel needs no Rust of its own, and it is linked into each module as far as that uses it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.base import cache, paths
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.pipeline import bindings, helpers, probe, rustflags, spec, sysroot
from rkmbuild.pipeline.api import c_facts, cfgs, facts, portable_crate, reach
from rkmbuild.pipeline.api.base import Linkage, Provided, Target
from rkmbuild.pipeline.stages import Clock, side_by_side
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.pipeline.tools import Tools
from rkmbuild.project.project import Project
from rkmbuild.toolchain import clang_flags
from rkmbuild.toolchain import rust as rusts
from rkmbuild.toolchain.parts import Rust

NAME = "portable"
# What the crate is written for: 5.10, for one, lacks functions that its C helpers call.
_OLDEST = KernelVersion(6, 1)


@dataclass(frozen=True, kw_only=True)
class PortableApi:
    """The portable API for one kernel: three things in the cache, each made of the one before.

    Attributes:
        target: What rustc compiles for.
        tools: What makes it.
        kernel: What it is made for.
        sysroot: `core` and `alloc`.
        bindings: What bindgen makes of the kernel's headers.
        crate: The `kernel` crate, on both.
        has: What of the crate's questions, and of those of the project's C, the kernel answered
            yes.
    """

    target: Target
    tools: Tools
    kernel: TargetKernel
    sysroot: sysroot.Sysroot
    bindings: bindings.Bindings
    crate: portable_crate.KernelCrate
    has: frozenset[str]

    @property
    def name(self) -> str:
        """Its name, as `api` in Cargo.toml has it."""
        return NAME

    @property
    def linkage(self) -> Linkage:
        """What kbuild is given: all of the Rust code, and the helpers that it calls."""
        folder = portable_crate.source() / "kernel" / "helpers"
        return Linkage(
            templates=paths.data("templates") / "kbuild",
            defines=probe.defines(self.has),
            helpers=helpers.read(folder).beside(bindings.accessors(self.bindings)),
            export_header=folder / "export.h",
        )

    @property
    def test_flags(self) -> tuple[str, ...]:
        """Arguments of rustc for a module that has its tests inside; see crates/macros' kunit."""
        return ("--cfg=kernel_test",)

    @property
    def tests_remark(self) -> str:
        """Nothing: all of them run."""
        return ""

    def remarks(self) -> Sequence[str]:
        """Return which of kbuild's flags for C bindgen's libclang takes another way, or not."""
        return clang_flags.lines(self.kernel.translation, "libclang")

    def hint(self) -> None:
        """Return nothing: what rustc says is all that there is to say."""

    def entries(self) -> Mapping[str, str]:
        """Return the names of what the cache keeps of it, by what it is."""
        keys = {"sysroot": self.sysroot.key, "bindings": self.bindings.key}
        return keys | {"kernel": self.crate.key}

    def document(self) -> dict[str, Any]:
        """Return its part of what `rkmbuild build --plan --json` prints."""
        translation = self.kernel.translation
        return {
            "rustflags": list(self.target.chosen.flags),
            "rows": {row.name: row.source for row in self.target.chosen.rows},
            "target_spec": self.target.specification,
            "sysroot": {"key": self.sysroot.key},
            "bindings": {"key": self.bindings.key, "everything": self.bindings.names is None,
                         "parameters": list(self.bindings.parameters),
                         "clang_flags": list(self.bindings.clang_flags),
                         "dropped": dict(translation.dropped),
                         "replaced": dict(translation.replaced)},
            "kernel_crate": {"key": self.crate.key},
        }  # fmt: skip

    def files(self) -> Iterable[Path]:
        """Return the source of the crates, and what is bound for them."""
        found = (file for file in portable_crate.source().rglob("*.[rcha]*") if file.is_file())
        return (*found, _probes())

    def declarations(self, sources: Sequence[Path]) -> str:
        """Return arguments of rustc: options that sources ask for and it lacks, and what it has."""
        asked = facts.mentioned_in(sources)
        bound = cache.find("bindings", self.bindings.key) if asked else None
        text = (bound / bindings.FILE).read_text() if bound else ""
        return cfgs.lacking(self.kernel.tree, sources) + facts.cfgs(asked, self.kernel.tree, text)

    def provide(self, clock: Clock, *, jobs: int | None) -> Provided:
        """Make what the cache does not have yet; sysroot and bindings side by side.

        Raises:
            BuildError, StorageError: as the classes say.
        """
        tools, release = self.tools, self.kernel.tree.release

        def make_sysroot() -> Path:
            with clock.cached("sysroot", self.sysroot.key, "core and alloc"):
                return sysroot.build(self.sysroot, tools.rust, tools.facts, jobs)

        def make_bindings() -> Path:
            with clock.cached("bindings", self.bindings.key, f"bindings of {release}"):
                return bindings.build(self.bindings, tools.bindgen, tools.compiler)

        if cache.find("sysroot", self.sysroot.key) and cache.find("bindings", self.bindings.key):
            root, bound = make_sysroot(), make_bindings()
        else:
            root, bound = side_by_side(make_sysroot, make_bindings)
        with clock.cached("kernel-crate", self.crate.key, f"kernel crate for {release}"):
            made = portable_crate.build(
                self.crate, tools.rust, tools.facts, root=root, bound=bound, jobs=jobs
            )
        return Provided(
            target=sysroot.target_path(root, self.sysroot.arch),
            flags=(*self.sysroot.flags, f"--sysroot={root}"),
            externs=portable_crate.externs(made),
        )

    def joined(self, *_: object, **__: object) -> None:
        """Link nothing: the Kbuild's rules do, as all of the API is in the crate's library."""


class Portable:
    """The portable API, for any kernel."""

    @property
    def name(self) -> str:
        """Its name, as `api` in Cargo.toml has it."""
        return NAME

    def check(self, tree: KernelTree) -> None:
        """Refuse kernels that are older than what the crate is written for.

        Raises:
            KernelError: it is one.
        """
        if tree.version < _OLDEST:
            raise KernelError(
                f"{tree.release} is Linux {tree.version}, and {_OLDEST.major}.{_OLDEST.minor} is "
                "the oldest that can be built for",
                hint="`rkmbuild kernel list` shows the others that are here",
            )

    def rust(self, wanted: str | None, tree: KernelTree) -> Rust:  # noqa: ARG002 - see below
        """Choose the best Rust toolchain: one serves every kernel, none is built with it.

        Raises:
            ToolchainError: there is none, or the one asked for cannot be used.
        """
        return rusts.choose(wanted)[0]

    def plan(self, project: Project, tools: Tools, kernel: TargetKernel) -> PortableApi:
        """Work out what there is to make.

        Raises:
            ToolchainError: this rustc cannot do what this kernel demands.
            ProjectError: the project has a header bound that is not there.
        """
        tree = kernel.tree
        sanitizers = tools.facts.bare_spec.get("supported-sanitizers", ())
        chosen = rustflags.choose(tree, tools.facts.options, str(tools.rust.version), sanitizers)
        specified = spec.render(tree.arch, tools.facts, chosen.features, chosen.sanitizers)
        target = Target(specification=specified, chosen=chosen)
        root = sysroot.plan(tools.rust, tools.facts, tree.arch, target.specification, chosen.flags)
        headers, questions = _questions()
        has = probe.ask(kernel, tools.compiler, headers, questions)
        in_c = c_facts.everywhere(project)
        more = in_c.questions(beside=questions)
        has_in_c = has
        if more:
            included = (*portable_crate.headers(), *in_c.headers)
            has_in_c |= probe.ask(kernel, tools.compiler, included, more)
        in_headers = has_in_c & c_facts.in_headers(project).names
        names = None if reach.everything(project) else portable_crate.words()
        bound = bindings.plan(_bound(names), project, tools, kernel, probe.defines(in_headers))
        asked = cfgs.asked((question.name for question in questions), has)
        if project.metadata.panic == "short":
            asked += "--cfg=rkmbuild_panic_short\n"
        return PortableApi(
            target=target,
            tools=tools,
            kernel=kernel,
            sysroot=root,
            bindings=bound,
            crate=portable_crate.plan(tree, tools.rust, root, bound, asked),
            has=has_in_c,
        )


def _probes() -> Path:
    return portable_crate.source() / "kernel" / "probes"


def _questions() -> tuple[tuple[str, ...], tuple[probe.Question, ...]]:
    """Return what the crate and its helpers ask of a kernel."""
    return probe.read(_probes().read_text())


def _bound(names: Collection[str] | None) -> bindings.Source:
    """Return what is bound: these names of the crate's own headers, or everything."""
    folder = portable_crate.source() / "bindings"
    return bindings.Source(
        header=folder / "bindings.h",
        parameters=bindings.parameters(folder / "bindgen_parameters"),
        files=tuple(sorted(portable_crate.source().rglob("*.h"))),
        names=names,
    )
