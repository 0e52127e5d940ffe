"""Builds the Rust of a kernel once more, for a kernel that exports the symbols of its own.

Nothing of the kernel is configured: its headers have all that its own build decided, and the
kernel's rules for `rust/` are run on them as they are. A configuration made anew would ask the
tools of this machine, and leave out what they do not do: without pahole of some version BTF goes
off, and with it sched_ext, and the bindings' names are others.
"""

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import console, process
from rkmbuild.base.errors import KernelError, ToolchainError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.kernel import kconfig, overlay
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler, target_kernel
from rkmbuild.pipeline.api.upstream import differences, exports, host_crates, layouts, mending
from rkmbuild.pipeline.api.upstream.source import Source
from rkmbuild.pipeline.api.upstream.toolchain import Toolchain
from rkmbuild.pipeline.layout.dwarf import Types
from rkmbuild.pipeline.stages import side_by_side
from rkmbuild.toolchain import binutils, programs

# A folder of modules with none in it: what it makes is what the kernel's own build of `rust/` does,
# with all that make knows of this kernel by then. Rules of an external module would put
# KBUILD_EXTMOD before each path; without it these are those of the kernel itself, as vmlinux has
# them (scripts/Makefile.build; `srcroot` is there from 6.13 on).
_KBUILD = """\
always-y := rust.stamp
$(obj)/rust.stamp: FORCE
\t$(Q)$(MAKE) -C $(objtree) -f $(srctree)/scripts/Makefile.build srcroot=$(srctree) objtree=. \
KBUILD_EXTMOD= VPATH=$(srctree) obj=rust need-builtin=1
FORCE:
"""
KEPT = (
    "*.rmeta",
    "*.so",
    "kernel/generated_*.rs",
    "bindings/*.rs",
    "uapi/*.rs",
    differences.FILE.name,
)
"""What a module needs of `rust/`: what rustc reads, and what the crates include."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """One build of a source's Rust for a kernel.

    Attributes:
        tree: The kernel.
        source: Its source.
        tools: What it is compiled with.
        folder: Where to work; nothing of it is needed afterwards.
        variables: Variables of make beside those that each build has.
    """

    tree: KernelTree
    source: Source
    tools: Toolchain
    folder: Path
    variables: Mapping[str, str]

    @property
    def objtree(self) -> Path:
        """The objtree: the kernel's own, by links, and what is made."""
        return self.folder / "objtree"

    @property
    def modules(self) -> Path:
        """The folder with the rule."""
        return self.folder / "modules"


def make(build: Build, symbols: Mapping[str, ExportedSymbol], folder: Path) -> int:
    """Build it, see that it is the kernel's, and keep what modules need of it.

    Args:
        build: What to build.
        symbols: What the kernel exports.
        folder: Where the folder `objtree` of the sidecar is to lie.

    Returns:
        How many names it exports, as the kernel does.

    Raises:
        KernelError: it does not export what the kernel does, or its structures are not the
            kernel's.
        ToolchainError: there is no compiler of the kernel's own kind, or another tool is missing.
        BuildError: it does not compile.
        StorageError: there is no space for it.
    """
    lay_out(build)
    write_target(build)
    with console.step("Building", f"the Rust of {build.tree.release}, which takes a minute"):
        _, types = side_by_side(
            functools.partial(compile_all, build), functools.partial(layouts.of_kernel, build.tree)
        )
    exports.compare(exports.made(build.objtree / "rust"), symbols, build.tree)
    check_layouts(build, types)
    names = exports.made(build.objtree / "rust")
    exports.compare(names, symbols, build.tree)
    keep(build, folder / "objtree", KEPT)
    return len(names)


def lay_out(build: Build) -> None:
    """Make the objtree: links to the kernel's own, of which nothing is written."""
    real = overlay.prepare(build.tree, foreign_compiler=False).build
    (build.objtree / "scripts").mkdir(parents=True)
    for entry in real.iterdir():
        if entry.name not in ("Makefile", "scripts", "rust"):
            (build.objtree / entry.name).symlink_to(entry)
    for entry in (real / "scripts").iterdir():
        (build.objtree / "scripts" / entry.name).symlink_to(entry)
    build.modules.mkdir()
    (build.modules / "Kbuild").write_text(_KBUILD)


def write_target(build: Build) -> None:
    """Make the target specification, by the source's own program, as its build does.

    Raises:
        BuildError: the program does not compile, or not run.
    """
    program = build.folder / "generate_rust_target"
    source = build.source.folder / "scripts/generate_rust_target.rs"
    # scripts/Makefile (hostprogs) and scripts/Makefile.host, hostrust_flags.
    process.run(
        [
            build.tools.rust.rustc,
            "-O",
            "--edition=2021",
            f"-Clinker={_linker()}",
            source,
            "-o",
            program,
        ],
        doing="compiling the kernel's generate_rust_target",
        env=_environment(build),
        cwd=build.folder,
    )
    config = (build.objtree / kconfig.AUTO_CONF).read_bytes()
    made = process.run([program], doing="making the target specification", stdin=config)
    (build.objtree / "scripts/target.json").unlink(missing_ok=True)
    (build.objtree / "scripts/target.json").write_text(made.stdout)


def check_layouts(build: Build, types: Types | None) -> None:
    """See that structures are the kernel's; what bindgen left out is put back first.

    Args:
        build: What was compiled.
        types: The kernel's types.

    Raises:
        KernelError: they are not.
        BuildError: it does not compile then.
    """
    try:
        layouts.check(build.objtree, build.tree, build.tools.rust, build.source, types)
    except KernelError:
        if not mending.put_back(build.objtree, build.source, types):
            raise
        with console.step("Building", "it once more, with what bindgen left out of the bindings"):
            compile_all(build)
        layouts.check(build.objtree, build.tree, build.tools.rust, build.source, types)


def compile_all(build: Build) -> None:
    """Run the kernel's rules for `rust/`.

    Raises:
        ToolchainError: there is no compiler of the kernel's own kind, or another tool is missing.
        BuildError: it does not compile.
    """
    chosen = c_compiler.choose("auto", build.tree)
    if chosen.foreign:
        raise ToolchainError(
            f"the Rust of {build.tree.release} is made beside C of {build.tree.compiler.command}, "
            "which is not here",
            hint=f"install it, or `rkmbuild kernel fetch {build.tree.release}`, which brings it",
        )
    rust, source = build.tools.rust, build.source.folder
    # Panics name files: by their paths in the source, as those of vmlinux do, and not by the cache.
    remapped = {source: "", build.objtree: "", rust.library: f"/rustc/{rust.version}/library"}
    variables = {
        **target_kernel.common_variables(build.tree.config),
        **target_kernel.answers(chosen.compiler, build.tree),
        "O": build.objtree,
        "M": build.modules,
        "CC": chosen.compiler.path,
        "HOSTCC": _linker(),
        "RUSTC": rust.rustc,
        "HOSTRUSTC": rust.rustc,
        "BINDGEN": build.tools.bindgen,
        "RUST_LIB_SRC": rust.library,
        "KERNELRELEASE": build.tree.release,
        "KRUSTFLAGS": " ".join(f"--remap-path-prefix={a}/={b}" for a, b in remapped.items()),
        **build.variables,
    }
    jobs = len(os.sched_getaffinity(0))
    there = host_crates.put(build.objtree, build.source, rust)
    process.run(
        [
            binutils.make().path, "-C", source, f"-j{jobs}",
            *(f"{name}={value}" for name, value in variables.items()),
        ],
        doing=f"building the Rust of {build.tree.release}",
        env=_environment(build),
    )  # fmt: skip
    if not there:
        host_crates.keep(build.objtree, build.source, rust)


def keep(build: Build, place: Path, patterns: Sequence[str]) -> None:
    """Move what is kept of a build to where it is to lie.

    Args:
        build: The build.
        place: The objtree of the sidecar, which is not there yet.
        patterns: Files below `rust/`.
    """
    rust = build.objtree / "rust"
    (place / "scripts").mkdir(parents=True)
    (build.objtree / "scripts/target.json").rename(place / "scripts/target.json")
    for pattern in patterns:
        for file in rust.glob(pattern):
            kept = place / "rust" / file.relative_to(rust)
            kept.parent.mkdir(parents=True, exist_ok=True)
            file.rename(kept)
    strip = programs.require("strip", part="binutils")
    # Five sixths of a procedural macro are names and lines of the compiler's library.
    process.run(
        [strip.path, *sorted((place / "rust").glob("*.so"))], doing="stripping procedural macros"
    )


def _environment(build: Build) -> dict[str, str]:
    libclang = build.tools.libclang
    return tool_environment({"LIBCLANG_PATH": str(libclang) if libclang else None})


def _linker() -> Path:
    """Return what links programs of this machine; ToolchainError where it is not there."""
    return programs.require("cc", part="cc").path
