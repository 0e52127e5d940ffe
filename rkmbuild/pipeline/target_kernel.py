"""The kernel that a module is built for: where kbuild works, and how it has C compiled."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import cflags, completeness, kconfig, overlay
from rkmbuild.kernel.tree import Kconfig, KernelTree
from rkmbuild.pipeline import foreign_cc, gcc_plugins
from rkmbuild.pipeline.tools import Tools
from rkmbuild.toolchain import clang_flags, clang_probe
from rkmbuild.toolchain.parts import CCompiler

# arch/Kconfig, the same from 5.12 to 7.2
_LTO = ("CONFIG_LTO", "CONFIG_LTO_CLANG", "CONFIG_LTO_CLANG_FULL", "CONFIG_LTO_CLANG_THIN")


@dataclass(frozen=True, kw_only=True)
class TargetKernel:
    """A kernel, with what kbuild is told for the C compiler that was chosen.

    Attributes:
        tree: The kernel.
        objtree: The overlay's objtree, for `make -C`.
        variables: Variables of make.
        c_flags: What kbuild then gives the compiler for a C file of a module.
        translation: The same for bindgen's libclang.
        identity: A name for the kernel and its configuration, which its headers depend on.
    """

    tree: KernelTree
    objtree: Path
    variables: Mapping[str, str]
    c_flags: tuple[str, ...]
    translation: clang_flags.Translation
    identity: str


def check(tree: KernelTree) -> None:
    """Refuse a kernel that no module can be built for, whatever its source is written on.

    Raises:
        KernelError: it is one.
    """
    if tree.config.on("RANDSTRUCT", "GCC_PLUGIN_RANDSTRUCT"):
        raise KernelError(
            f"{tree.release} has its structures randomised (CONFIG_RANDSTRUCT), by a seed that "
            "only its own build knows: bindings to them would be wrong",
            hint="build for a kernel without it",
        )
    cfi = next((option for option in ("CFI", "CFI_CLANG") if tree.config.on(option)), None)
    if cfi and not tree.config.on("CFI_ICALL_NORMALIZE_INTEGERS"):
        raise KernelError(
            f"{tree.release} checks the type of what it calls (CONFIG_{cfi}) without "
            "CONFIG_CFI_ICALL_NORMALIZE_INTEGERS: Rust's integers then have other names than C's, "
            "and the first call from the kernel into the module would crash it",
            hint="the kernel has to be built with that option, which is there from 6.12 on",
        )
    completeness.check_exports(tree)


def prepare(tree: KernelTree, tools: Tools) -> TargetKernel:
    """Lay out the overlay of a kernel, and ask its kbuild how it compiles C.

    Raises:
        KernelError: the kernel's tree lacks something.
        ToolchainError: the C compiler cannot do what this kernel demands.
        StorageError: the cache cannot be written, or lies where kbuild cannot work.
    """
    gcc_plugins.check(tools.compiler, tree)
    shadow = overlay.prepare(tree, foreign_compiler=tools.foreign)
    variables, c_flags = _compilation(tools, shadow)
    probe = clang_probe.BindgenProbe(tools.bindgen)
    replacements = architectures.of(tree.arch).clang_replacements
    digest = hashlib.sha256((tree.build / kconfig.AUTO_CONF).read_bytes())
    return TargetKernel(
        tree=tree,
        objtree=shadow.build,
        variables=variables,
        c_flags=c_flags,
        translation=clang_flags.translate(c_flags, probe, replacements),
        identity=f"{tree.release} {digest.hexdigest()}",
    )


def common_variables(config: Kconfig) -> dict[str, str]:
    """Return the variables of make that every build for a kernel sets."""
    variables = {
        # objtool then looks at the whole module rather than at each object of it, as it does for
        # kernels with IBT anyway: it sees that a C helper never returns to the Rust code that calls
        # it, and does not mind that ld -r joined several objects ("Linked object detected", 6.1).
        "delay-objtool": "y",
        # BTF of Rust types is more than the kernel's tools take, and a module is loaded without.
        "CONFIG_DEBUG_INFO_BTF_MODULES": "",
    }
    if config.on("LTO"):
        # A kernel whose own objects are LLVM bitcode takes modules that are none, and so do its
        # tools: with these off, as here, no file of kbuild's names link-time optimisation. Bitcode
        # could neither be read for the layout of structures nor joined to Rust by GNU ld, which
        # alone has -r together with --gc-sections.
        variables |= dict.fromkeys(_LTO, "")
    if "PAHOLE_VERSION" in config:
        # pahole makes BTF, so which one is installed does not matter; 6.13 and later would warn.
        variables["PAHOLE_VERSION"] = config["PAHOLE_VERSION"]
    return variables


def answers(compiler: CCompiler, tree: KernelTree) -> dict[str, str]:
    """Return what the kernel's configuration would say of another compiler of that kind."""
    if compiler.text == tree.compiler.text:
        return {}
    # The top Makefile compares it with `$(CC) --version`, and warns.
    said = {"CONFIG_CC_VERSION_TEXT": compiler.text}
    major, minor, patch = compiler.version
    if tree.compiler.kind == "gcc" and compiler.version != tree.compiler.version:
        said["CONFIG_GCC_VERSION"] = str(major * 10000 + minor * 100 + patch)
    return said


def _compilation(
    tools: Tools, shadow: overlay.Overlay
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return make's variables for the compiler, and the flags that kbuild then gives it."""
    always = common_variables(shadow.tree.config)
    if tools.foreign:
        variables, translation = foreign_cc.variables(shadow, tools.compiler, always)
        included = ("-include", str(shadow.header)) if shadow.header else ()
        return {**always, **variables}, (*translation.kept, *included)
    variables = {"CC": str(tools.compiler.path), **answers(tools.compiler, shadow.tree)}
    return {**always, **variables}, cflags.module_c_flags(shadow, {**always, **variables})
