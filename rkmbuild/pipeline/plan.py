"""What a build will do, worked out before anything is built: the stages only carry it out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.base.errors import KernelError, ToolchainError
from rkmbuild.kernel import cflags, overlay
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.pipeline import (
    bindings,
    debug_info,
    exports,
    foreign_cc,
    kbuild,
    kernel_crate,
    rustflags,
    spec,
    sysroot,
)
from rkmbuild.project import cargo_config
from rkmbuild.project.project import Project
from rkmbuild.project.request import BuildRequest, CargoOptions
from rkmbuild.toolchain import bindgen as bindgens
from rkmbuild.toolchain import binutils, cc, clang_flags, clang_probe, programs, rust_facts
from rkmbuild.toolchain import rust as rusts
from rkmbuild.toolchain.parts import Bindgen, CCompiler, Rust, Tool

# What the kernel crate is written for: 5.10, for one, lacks functions that its C helpers call.
_OLDEST = KernelVersion(6, 1)


@dataclass(frozen=True, kw_only=True)
class BuildPlan:
    """All that is decided before the first stage runs; docs/how-it-works.md tells the stages."""

    project: Project
    tree: KernelTree
    rust: Rust
    facts: rust_facts.RustFacts
    bindgen: Bindgen
    compiler: CCompiler
    objcopy: Tool
    cbindgen: Tool | None
    chosen: rustflags.Chosen
    translation: clang_flags.Translation
    sysroot: sysroot.Sysroot
    bindings: bindings.Bindings
    crate: kernel_crate.KernelCrate
    kbuild: kbuild.Kbuild
    cargo: CargoOptions
    tests: bool

    @property
    def folder(self) -> Path:
        """Where the project is built for this kernel."""
        return self.project.folder(self.tree.release, tests=self.tests)

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON has it: what `rkmbuild build --plan --json` prints."""
        return {
            "project": {"package": self.project.package, "module": self.project.module},
            "kernel": {"release": self.tree.release, "tree": str(self.tree.build)},
            "rustc": {"path": str(self.rust.rustc), "version": str(self.rust.version)},
            "bindgen": {"path": str(self.bindgen.path), "version": str(self.bindgen.version),
                        "libclang": str(self.bindgen.libclang)},
            "cc": {"path": str(self.compiler.path), "version": str(self.compiler.version)},
            "rustflags": list(self.chosen.flags),
            "rows": {row.name: row.source for row in self.chosen.rows},
            "target_spec": self.sysroot.target_json,
            "sysroot": {"key": self.sysroot.key},
            "bindings": {"key": self.bindings.key, "parameters": list(self.bindings.parameters),
                         "clang_flags": list(self.bindings.clang_flags),
                         "dropped": dict(self.translation.dropped),
                         "replaced": dict(self.translation.replaced)},
            "kernel_crate": {"key": self.crate.key},
            "cargo": [*self.cargo.arguments(),
                      *debug_info.arguments(self.project, self.cargo.profile)],
            "kbuild": {"folder": str(self.kbuild.folder), "files": dict(self.kbuild.files),
                       "command": self.kbuild.command(self.cargo.jobs)},
        }  # fmt: skip


def make(request: BuildRequest, project: Project, tree: KernelTree) -> BuildPlan:
    """Work out the plan.

    Raises:
        ToolchainError: a part of the toolchain is missing or cannot do what this kernel demands.
        KernelError: the kernel's tree lacks something, or it is none that can be built for.
        ProjectError: the project asks for what cannot be had.
    """
    if tree.version < _OLDEST:
        raise KernelError(
            f"{tree.release} is Linux {tree.version}, and {_OLDEST.major}.{_OLDEST.minor} is the "
            "oldest that can be built for",
            hint="`rkmbuild kernel list` shows the others that are here",
        )
    if tree.config.on("RANDSTRUCT", "GCC_PLUGIN_RANDSTRUCT"):
        raise KernelError(
            f"{tree.release} has its structures shuffled (CONFIG_RANDSTRUCT), by a seed that only "
            "its own build knows: bindings to them would be wrong",
            hint="build for a kernel without it",
        )
    cargo_config.check(project.root)
    rust, _ = rusts.choose(request.toolchain)
    bindgen, _ = bindgens.choose()
    facts = rust_facts.facts(rust, tree.arch)
    compiler, foreign = _compiler(request.cc, tree)
    shadow = overlay.prepare(tree, foreign_compiler=foreign)

    chosen = rustflags.choose(tree, facts.options, str(rust.version))
    target_json = spec.render(tree.arch, facts, chosen.features)
    root = sysroot.plan(rust, tree.arch, target_json, chosen.flags)

    variables, c_flags = _compilation(compiler, shadow, foreign=foreign)
    translation = clang_flags.translate(c_flags, clang_probe.BindgenProbe(bindgen))
    bound = bindings.plan(
        headers=project.bound,
        root=project.root,
        bindgen=bindgen,
        rustc=rust.version,
        compiler=compiler,
        clang_flags=translation.kept,
        c_flags=c_flags,
        folder=shadow.build,
        kernel=_identity(tree),
    )
    return BuildPlan(
        project=project,
        tree=tree,
        rust=rust,
        facts=facts,
        bindgen=bindgen,
        compiler=compiler,
        objcopy=binutils.objcopy(),
        cbindgen=programs.require("cbindgen", part="cbindgen")
        if project.metadata.generate_header
        else None,
        chosen=chosen,
        translation=translation,
        sysroot=root,
        bindings=bound,
        crate=kernel_crate.plan(tree, rust, root, bound),
        kbuild=kbuild.plan(
            project,
            release=tree.release,
            folder=project.work(tree.release, request.cargo.profile, tests=request.tests),
            objtree=shadow.build,
            variables=variables,
            tests=request.tests,
            symvers=(*request.symvers, *exports.from_environment()),
        ),
        cargo=request.cargo,
        tests=request.tests,
    )


def _compiler(wanted: str, tree: KernelTree) -> tuple[CCompiler, bool]:
    """Return the C compiler, and whether it is of another kind than the kernel's own."""
    if wanted in ("auto", tree.compiler.kind):
        found = cc.find_compiler(tree.compiler.command)
        if found:
            return found, False
        if wanted != "auto":
            raise ToolchainError(
                f"{tree.compiler.command}, which built {tree.release}, is not installed",
                hint="`rkmbuild doctor` says what installs it",
            )
    if wanted == "gcc":
        raise ToolchainError(f"{tree.release} was built by clang, and gcc cannot build for it")
    found, _ = cc.choose_clang(foreign_cc.least_clang(tree))
    return found, tree.compiler.kind != "clang"


def _compilation(
    compiler: CCompiler, shadow: overlay.Overlay, *, foreign: bool
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return make's variables for the compiler, and the flags that kbuild then gives it."""
    always = kbuild.always(shadow.tree.config)
    if foreign:
        variables, translation = foreign_cc.variables(shadow, compiler, always)
        included = ("-include", str(shadow.header)) if shadow.header else ()
        return {**always, **variables}, (*translation.kept, *included)
    variables = {"CC": str(compiler.path)}
    return {**always, **variables}, cflags.module_c_flags(shadow, {**always, **variables})


def _identity(tree: KernelTree) -> str:
    digest = hashlib.sha256((tree.build / ".config").read_bytes())
    return f"{tree.release} {digest.hexdigest()}"
