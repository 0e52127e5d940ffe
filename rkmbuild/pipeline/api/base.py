"""What a kernel API is to a build: the plan asks it, and the stages do what it gave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.helpers import Helpers
from rkmbuild.pipeline.rustflags import Chosen
from rkmbuild.pipeline.stages import Clock
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.pipeline.tools import Tools
from rkmbuild.project.project import Project
from rkmbuild.toolchain.parts import Rust


@dataclass(frozen=True, kw_only=True)
class Target:
    """What rustc compiles for.

    Attributes:
        specification: The target specification, as JSON.
        chosen: What rustc is told beside it, and why.
    """

    specification: str
    chosen: Chosen


@dataclass(frozen=True, kw_only=True)
class Linkage:
    """How kbuild makes a module of a crate that is written on this API.

    Attributes:
        templates: The folder with the templates `Kbuild` and `module.lds`. They say how the Rust
            code is linked: with all that it is built on, or to Rust that the kernel exports.
        defines: The text of a C header with what was asked of the kernel.
        helpers: C functions for what the Rust code calls and the kernel has only as a macro or an
            inline function.
        export_header: The C header that makes exports of what the Rust code says it exports, or
            None where no C is made of the Rust code: neither that nor helpers.
    """

    templates: Path
    defines: str
    helpers: Helpers
    export_header: Path | None


@dataclass(frozen=True, kw_only=True)
class Provided:
    """What crates of the user's are compiled with, once it is there.

    Attributes:
        target: The target specification, a file, for cargo.
        flags: Arguments of rustc for all code of the module: the target's own, and where `core` is.
        externs: Arguments of rustc with which a crate sees `kernel` and the kernel's cfgs.
        own: Arguments of rustc for the module's own crate alone.
        environment: Variables for cargo and rustc.
        profile: What cargo's profile says where Cargo.toml does not, as TOML by key.
        fixed: What it says whatever Cargo.toml does.
        kind: What cargo makes of the crate where that is not what Cargo.toml says: an `rlib`,
            beside which those of its dependencies are linked.
    """

    target: Path
    flags: tuple[str, ...]
    externs: tuple[str, ...]
    own: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    profile: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""


class PlannedApi(Protocol):
    """One API for one kernel and certain tools: decided, and not made yet."""

    @property
    def name(self) -> str:
        """Its name, as `api` in Cargo.toml has it."""

    @property
    def target(self) -> Target:
        """What all Rust code of the module is compiled for."""

    @property
    def linkage(self) -> Linkage:
        """What kbuild is given."""

    @property
    def test_flags(self) -> tuple[str, ...]:
        """Arguments of rustc for a module that has its tests inside."""

    @property
    def tests_remark(self) -> str:
        """Why tests inside the module do not run, where it has some that do not; or empty."""

    def remarks(self) -> Sequence[str]:
        """Return what `build -v` says of how it came to be, a line for each."""

    def hint(self) -> str | None:
        """Return what may help where the user's crate does not compile, if there is something."""

    def entries(self) -> Mapping[str, str]:
        """Return the names of what the cache keeps of it, by what it is."""

    def document(self) -> dict[str, Any]:
        """Return its part of what `rkmbuild build --plan --json` prints."""

    def files(self) -> Iterable[Path]:
        """Return the files that ship with rkmbuild whose change makes a new build necessary."""

    def declarations(self, sources: Sequence[Path]) -> str:
        """Return arguments of rustc, one a line, that declare cfgs which these sources ask for.

        Raises:
            ProjectError: they ask for what no module can have.
        """

    def provide(self, clock: Clock, *, jobs: int | None) -> Provided:
        """Make what the cache does not have yet.

        Args:
            clock: What notes the stages that ran.
            jobs: How many processes may run side by side, or None for as many as cargo likes.

        Raises:
            BuildError, StorageError: as the classes say.
        """

    def joined(
        self, library: Path, beside: Sequence[Path], place: Path, *, symvers: Sequence[Path]
    ) -> Path | None:
        """Link a crate with what its module brings along of the API, before kbuild gets it.

        Args:
            library: The crate's library.
            beside: The libraries of the crates that it is built on.
            place: Where the object goes.
            symvers: Files that say what other external modules export.

        Returns:
            The object, or None where the rules of the Kbuild link all that there is to link.

        Raises:
            BuildError: the crate asks for what this kernel cannot give it.
        """


class KernelApi(Protocol):
    """A kind of API, before it is known what is built with it."""

    @property
    def name(self) -> str:
        """Its name, as `api` in Cargo.toml has it."""

    def check(self, tree: KernelTree) -> None:
        """Refuse a kernel that it cannot be had for.

        Raises:
            KernelError: it is one.
        """

    def rust(self, wanted: str | None, tree: KernelTree) -> Rust:
        """Choose the Rust toolchain, of those that can compile it for this kernel.

        Args:
            wanted: What the user asks for, a rustup name or a path to rustc (`--toolchain`).

        Raises:
            ToolchainError: there is none, or the one asked for is none.
        """

    def plan(self, project: Project, tools: Tools, kernel: TargetKernel) -> PlannedApi:
        """Work out what there is to make.

        Raises:
            ToolchainError: these tools cannot do what this kernel demands.
            ProjectError: the project asks for what cannot be had.
        """
