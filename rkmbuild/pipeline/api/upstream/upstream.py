"""The upstream API: a kernel version's own `kernel` crate, as it is in Rust for Linux.

What modules are compiled on is the sidecar. On a kernel that has Rust and exports it, they link to
what the kernel itself runs: there is neither a crate of ours in them nor C of ours beside them. For
one without Rust what they use of the crate is linked into them before kbuild gets them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rkmbuild.base import paths
from rkmbuild.base.errors import KernelError, ProjectError, ToolchainError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.base import Linkage, Provided, Target
from rkmbuild.pipeline.api.upstream import differences, flags, linked, linked_crate, sidecar, words
from rkmbuild.pipeline.api.upstream.flags import Flags
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from rkmbuild.pipeline.helpers import Helpers
from rkmbuild.pipeline.rustflags import Chosen
from rkmbuild.pipeline.stages import Clock
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.pipeline.tools import Tools
from rkmbuild.project.project import OLDEST_UPSTREAM, Project
from rkmbuild.toolchain.parts import Rust

NAME = "upstream"
_PORTABLE = (
    'the portable API builds for it: `api = "portable"` in [package.metadata.rkmbuild], with '
    "source that is written on rkmbuild's own `kernel` crate"
)
# What a build reads of a sidecar's crates.
_READ = (".rmeta", ".so", ".a", ".json")


@dataclass(frozen=True, kw_only=True)
class UpstreamApi:
    """The upstream API for one kernel.

    Attributes:
        target: What rustc compiles for.
        kernel: What it is made for.
        sidecar: The crates.
        flags: What rustc is told.
        project: What is built on it.
    """

    target: Target
    kernel: TargetKernel
    sidecar: Sidecar
    flags: Flags
    project: Project

    @property
    def name(self) -> str:
        """Its name, as `api` in Cargo.toml has it."""
        return NAME

    @property
    def linkage(self) -> Linkage:
        """What kbuild is given: the crate, and no C beside it."""
        return Linkage(
            templates=paths.data("templates") / "kbuild-upstream",
            defines="",
            helpers=Helpers("", ()),
            export_header=None,
        )

    @property
    def test_flags(self) -> tuple[str, ...]:
        """No arguments of rustc: tests are in where the kernel has KUnit built in."""
        return ()

    @property
    def tests_remark(self) -> str:
        """Why tests inside the module do not run, where it has some that do not."""
        return words.tests_remark(self.project, self.kernel.tree)

    def remarks(self) -> Sequence[str]:
        """Return which rustc compiles it, and how the module comes by the crate's code."""
        rust = self.sidecar.rust
        return [f"rustc: {rust.rustc} {rust.version}: {self.sidecar.why}"]

    def hint(self) -> str:
        """Return whose crate it is, and what in the source is of the other API."""
        return words.hint(self.project, self.kernel.tree)

    def entries(self) -> Mapping[str, str]:
        """Return the names of what the cache keeps of it, by what it is."""
        return {sidecar.KIND: self.sidecar.folder.name}

    def document(self) -> dict[str, Any]:
        """Return its part of what `rkmbuild build --plan --json` prints."""
        made = self.sidecar
        return {
            "rustflags": [*self.flags.common, *self.flags.own],
            "profile": {**self.flags.profile, **self.flags.fixed},
            "target_spec": self.target.specification,
            "sidecar": {"folder": str(made.folder), "way": made.way, "why": made.why,
                        "source": made.source},
        }  # fmt: skip

    def files(self) -> Iterable[Path]:
        """Return the files whose change makes a new build necessary: those of the sidecar."""
        made = self.sidecar
        yield from (made.folder / sidecar.MANIFEST, made.target, *made.stamps())
        yield from (file for file in made.crates.iterdir() if file.suffix in _READ)

    def declarations(self, sources: Sequence[Path]) -> str:
        """Return nothing: what the kernel's build does not declare, its sources may ask for.

        Raises:
            ProjectError: one names a structure of which the bindings are wrong.
        """
        differences.refuse_use(self.sidecar.objtree, sources)
        return ""

    def provide(self, clock: Clock, *, jobs: int | None) -> Provided:  # noqa: ARG002 - it is there
        """Return what the sidecar gives, which was made before the plan."""
        return Provided(
            target=self.sidecar.target,
            flags=(*self.flags.common, f"-L{self.sidecar.crates}"),
            externs=(),
            own=self.flags.own,
            environment={"OBJTREE": str(self.sidecar.objtree), "RUST_MODFILE": self.project.module},
            profile=self.flags.profile,
            fixed=self.flags.fixed,
            kind="rlib",
        )

    def joined(
        self, library: Path, beside: Sequence[Path], place: Path, *, symvers: Sequence[Path]
    ) -> Path | None:
        """Link in what the module uses of the crate, where the kernel has none of it.

        Raises:
            BuildError: the module uses what this kernel does not export.
        """
        if self.sidecar.way is Way.OWN:
            return None
        return linked_crate.join(
            library,
            beside,
            place,
            sidecar=self.sidecar,
            tree=self.kernel.tree,
            more=symvers,
            alone=not self.project.metadata.c_sources,
        )


class Upstream:
    """The upstream API, for any kernel that it can be had for."""

    @property
    def name(self) -> str:
        """Its name, as `api` in Cargo.toml has it."""
        return NAME

    def check(self, tree: KernelTree) -> None:
        """Refuse kernels whose source no rustc of today can compile.

        Raises:
            KernelError: it is one.
        """
        if tree.version < OLDEST_UPSTREAM:
            raise KernelError(
                f"{tree.release} has no `kernel` crate that can be built: before Linux "
                f"{OLDEST_UPSTREAM} each release's Rust is for one rustc alone (that of 6.1 for "
                "1.62), and modules are built with 1.78 or later",
                hint=_PORTABLE,
            )

    def rust(self, wanted: str | None, tree: KernelTree) -> Rust:
        """Return the toolchain of the sidecar, whose metadata no other reads.

        Raises:
            ToolchainError: another one is asked for.
            KernelError, ToolchainError, BuildError, StorageError: there is no sidecar.
        """
        rust = sidecar.get(tree).rust
        if wanted is not None and wanted not in (str(rust.rustc), rust.origin):
            raise ToolchainError(
                f"--toolchain {wanted} cannot build on the `kernel` crate of {tree.release}: its "
                f"metadata is of {rust.verbose.splitlines()[0]}, and no other rustc reads it",
                hint=f"leave --toolchain out: {rust.rustc} is taken",
            )
        return rust

    def plan(self, project: Project, tools: Tools, kernel: TargetKernel) -> UpstreamApi:
        """Work out what there is to make.

        Raises:
            KernelError: the kernel's tree lacks something.
            ProjectError: the project asks for what the portable API alone has.
        """
        check_keys(project)
        made = sidecar.get(kernel.tree)
        if made.way is Way.OWN:
            told = flags.ask(kernel, tools.rust)
        else:
            objtree = linked_crate.objtree(kernel.tree, made, foreign_compiler=tools.foreign)
            told = flags.ask(replace(kernel, objtree=objtree), tools.rust)
            told = replace(told, common=(*told.common, *linked.FLAGS.split()))
        return UpstreamApi(
            target=Target(
                specification=made.target.read_text(),
                chosen=Chosen(flags=told.common, features=(), rows=()),
            ),
            kernel=kernel,
            sidecar=made,
            flags=told,
            project=project,
        )


def check_keys(project: Project) -> None:
    """Refuse what is for the portable API alone in [package.metadata.rkmbuild].

    Raises:
        ProjectError: there is such a key.
    """
    said = project.metadata
    for key, is_there in (("headers", bool(said.headers)), ("panic", said.panic == "short")):
        if is_there:
            raise ProjectError(
                f"{project.root / 'Cargo.toml'}: `{key}` is for the portable API alone",
                hint="the upstream crate has its own bindings, `kernel::bindings`, and its own "
                "panic handler, which is the kernel's",
            )
