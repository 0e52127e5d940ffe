"""What a build will do, worked out before anything is built: the stages only carry it out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.arch import architectures
from rkmbuild.base import console
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import crate_c, exports, kbuild, profiles, spec, target_kernel
from rkmbuild.pipeline.api import kinds
from rkmbuild.pipeline.api.base import PlannedApi
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.pipeline.tools import Tools, choose_tools
from rkmbuild.project import cargo_config, module_macro, user_flags
from rkmbuild.project.project import Project
from rkmbuild.project.request import BuildRequest


@dataclass(frozen=True, kw_only=True)
class BuildPlan:
    """All that is decided before the first stage runs; docs/how-it-works.md tells the stages.

    Attributes:
        request: What the user asked for.
        project: What is built, as its Cargo.toml says.
        tools: What builds it: this machine's part.
        kernel: What it is built for, and how that kernel has C compiled.
        api: What its source is written on.
        crate_c: How C of crates is compiled.
        kbuild: What kbuild is given, of all of these.
        flags: What the user has cargo tell rustc, beside what the kernel asks for.
    """

    request: BuildRequest
    project: Project
    tools: Tools
    kernel: TargetKernel
    api: PlannedApi
    crate_c: crate_c.CrateC
    kbuild: kbuild.Kbuild
    flags: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the project is built for this kernel."""
        return self.project.folder(self.kernel.tree.release, tests=self.request.tests)

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON has it: what `rkmbuild build --plan --json` prints."""
        tools, tree, cargo = self.tools, self.kernel.tree, self.request.cargo
        return {
            "project": {"package": self.project.package, "module": self.project.module},
            "kernel": {"release": tree.release, "tree": str(tree.build)},
            "rustc": {"path": str(tools.rust.rustc), "version": str(tools.rust.version)},
            "bindgen": {"path": str(tools.bindgen.path), "version": str(tools.bindgen.version),
                        "libclang": str(tools.bindgen.libclang)},
            "cc": {"path": str(tools.compiler.path), "version": str(tools.compiler.version),
                   "why": tools.why},
            "api": self.api.name,
            **self.api.document(),
            "user_rustflags": [*self.flags],
            "cargo": [*cargo.arguments(), *profiles.arguments(self.project, cargo.profile)],
            "crate_c": {"compiler": str(self.crate_c.compiler.path),
                        "flags": list(self.crate_c.flags)},
            "kbuild": {"folder": str(self.kbuild.folder), "files": dict(self.kbuild.files),
                       "command": self.kbuild.command(cargo.jobs)},
        }  # fmt: skip


def make(request: BuildRequest, project: Project, tree: KernelTree) -> BuildPlan:
    """Work out the plan.

    Raises:
        ToolchainError: a part of the toolchain is missing or cannot do what this kernel demands.
        KernelError: the kernel's tree lacks something, or it is none that can be built for.
        ProjectError: the project asks for what cannot be had.
    """
    api = kinds.KINDS[project.metadata.api]
    api.check(tree)
    target_kernel.check(tree)
    cargo_config.check(project.root)
    flags = _user_flags(project, tree)
    for remark in module_macro.remarks(project):
        console.warning(remark)
    tools = choose_tools(
        api.rust(request.toolchain, tree),
        tree,
        compiler=request.cc,
        with_cbindgen=bool(project.metadata.generate_header),
    )
    kernel = target_kernel.prepare(tree, tools)
    planned = api.plan(project, tools, kernel)
    return BuildPlan(
        request=request,
        project=project,
        tools=tools,
        kernel=kernel,
        api=planned,
        crate_c=crate_c.plan(kernel, tools),
        kbuild=kbuild.plan(
            project,
            planned.linkage,
            release=tree.release,
            folder=project.work(tree.release, request.cargo.profile, tests=request.tests),
            objtree=kernel.objtree,
            variables=kernel.variables,
            tests=request.tests,
            symvers=(*request.symvers, *exports.from_environment()),
            config=tree.config,
        ),
        flags=flags,
    )


def _user_flags(project: Project, tree: KernelTree) -> tuple[str, ...]:
    arch = architectures.of(tree.arch)
    cfgs = {
        "target_os": "none",
        "target_arch": arch.name,
        "target_pointer_width": "64",
        "target_endian": "little",
        "target_vendor": "unknown",
        "target_env": "",
        "panic": "abort",
    }
    found = user_flags.read(project.root, spec.name(tree.arch), cfgs)
    for flag, origin in found.ignored:
        # What holds for all that somebody builds is rarely meant for modules.
        of_all = origin in user_flags.VARIABLES or Path(origin).parent == cargo_config.home()
        say = console.note if of_all else console.warning
        say(
            f"`{flag}` of {origin} was ignored: the machine code of a module is as its kernel "
            "asks for; cfgs and lints are passed on"
        )
    return found.passed
