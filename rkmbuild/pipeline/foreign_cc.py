"""Building with clang for a kernel that gcc built: what make must be told, and which clang can.

Kbuild knows both compilers, and asks the kernel's configuration which one it has. The answers that
describe the compiler are given anew on make's command line, where they win over the configuration;
what C code sees of it (include/generated/autoconf.h) stays what the running kernel was built with.
Flags that are left over are taken away by the variables of `rkmbuild.kernel.modfinal`, which the
rendered Kbuild must honour for the project's own files with the two `modfinal.KBUILD_LINES`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.arch.clang import EVERYWHERE, Demand
from rkmbuild.base.errors import ToolchainError
from rkmbuild.kernel import cflags, modfinal
from rkmbuild.kernel.overlay import Overlay
from rkmbuild.kernel.tree import Kconfig, KernelTree, KernelVersion
from rkmbuild.toolchain.clang_flags import Translation, translate
from rkmbuild.toolchain.clang_probe import ClangProbe
from rkmbuild.toolchain.parts import CCompiler, Version

# The least clang that a kernel's own build takes: scripts/min-tool-version.sh (from 5.12 on; before
# that Documentation/process/changes.rst). Older kernels first.
_KERNELS_LEAST = (
    (KernelVersion(5, 0), Version(10, 0, 1)),
    (KernelVersion(5, 17), Version(11)),
    (KernelVersion(6, 9), Version(13, 0, 1)),
    (KernelVersion(6, 18), Version(15)),
    (KernelVersion(7, 2), Version(17, 0, 1)),
)


def least_clang(tree: KernelTree) -> Version:
    """Return the first clang that can build modules for a kernel, its mitigations included."""
    kernels = [least for since, least in _KERNELS_LEAST if since <= tree.version]
    return max(kernels + [Version(demand.least) for demand in _demands(tree)])


def variables(
    overlay: Overlay, compiler: CCompiler, always: Mapping[str, str]
) -> tuple[dict[str, str], Translation]:
    """Return the make variables that let `compiler`, a clang, build for a kernel of gcc's.

    Args:
        overlay: The kernel, prepared with `foreign_compiler=True`.
        compiler: The clang.
        always: Variables that make gets in any case.

    Returns:
        The variables, without `always`, and what became of the kernel's flags.

    Raises:
        ToolchainError: this clang lacks a flag that the kernel's configuration demands.
    """
    tree = overlay.tree
    least = least_clang(tree)
    if compiler.version < least:
        raise _unfit(
            tree, compiler, [d for d in _demands(tree) if Version(d.least) > compiler.version]
        )
    answers = compiler_answers(tree.config, compiler)
    flags = cflags.module_c_flags(overlay, {**always, **answers})
    translation = translate(
        flags, ClangProbe(compiler.path), architectures.of(tree.arch).clang_replacements
    )
    missing = [
        demand
        for demand in _demands(tree)
        if not any(flag.startswith(demand.flag) for flag in translation.kept)
    ]
    if missing:
        raise _unfit(tree, compiler, missing)
    return answers | removals(translation, overlay.header), translation


def compiler_answers(config: Kconfig, compiler: CCompiler) -> dict[str, str]:
    """Return what the configuration would say of the compiler if `compiler` had built the kernel.

    Each is a variable of include/config/auto.conf that kbuild's Makefiles read; an empty one is
    "not set" to them.
    """
    major, minor, patch = compiler.version
    answers = {
        "CC": str(compiler.path),
        "CONFIG_CC_IS_CLANG": "y",
        "CONFIG_CC_IS_GCC": "",
        "CONFIG_CLANG_VERSION": str(major * 10000 + minor * 100 + patch),
        "CONFIG_GCC_VERSION": "0",
        # The top Makefile compares it with `$(CC) --version`, and warns.
        "CONFIG_CC_VERSION_TEXT": compiler.text,
    }
    if "CC_IMPLICIT_FALLTHROUGH" in config:
        answers["CONFIG_CC_IMPLICIT_FALLTHROUGH"] = "-Wimplicit-fallthrough"
    if config.on("FTRACE_MCOUNT_USE_CC"):
        # clang's -mrecord-mcount is for s390 alone. Another tool can list the calls instead, and
        # must leave them in place: the kernel's ftrace looks for them, as gcc made them, and warns
        # where they are gone. Up to 6.1 objtool could only list and remove at once.
        by_objtool = config.on("HAVE_OBJTOOL_NOP_MCOUNT")
        answers |= {
            "CONFIG_FTRACE_MCOUNT_USE_CC": "",
            "CONFIG_FTRACE_MCOUNT_USE_OBJTOOL": "y" if by_objtool else "",
            "CONFIG_FTRACE_MCOUNT_USE_RECORDMCOUNT": "" if by_objtool else "y",
            "CONFIG_HAVE_OBJTOOL_NOP_MCOUNT": "",
        }
    if config.on("INIT_STACK_ALL_ZERO") and major < 16:
        # Up to clang 15 the flag needs a second one (security/Kconfig.hardening).
        answers["CONFIG_CC_HAS_AUTO_VAR_INIT_ZERO_ENABLER"] = "y"
    if config.on("UBSAN_BOUNDS_STRICT"):
        # gcc's name for what clang calls array-bounds (lib/Kconfig.ubsan).
        answers |= {"CONFIG_UBSAN_BOUNDS_STRICT": "", "CONFIG_UBSAN_ARRAY_BOUNDS": "y"}
    if config.on("CC_HAS_MIN_FUNCTION_ALIGNMENT"):
        # gcc 14's -fmin-function-alignment (6.9 and later). Taken away at the end, it would still
        # be in each of kbuild's questions (cc-option), and the answer to all of them "no".
        answers["CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT"] = ""
    if config.on("GCC_PLUGINS"):
        answers["CONFIG_GCC_PLUGINS"] = ""
    return answers


def removals(translation: Translation, header: Path | None) -> dict[str, str]:
    """Return the make variables that turn kbuild's flags into those of `translation`.

    They also have every C file include `header`, where there is one.

    Make takes away words, so where a dropped flag is two words (`--param x`), others that begin
    with the same word lose it as well and are added anew.
    """
    gone = [flag for flag, _ in (*translation.dropped, *translation.replaced)]
    words = list(dict.fromkeys(word for flag in gone for word in flag.split(" ")))
    again = _kept_with(words, translation.kept)
    replacements = (by for _, by in translation.replaced)
    included = ("-include", str(header)) if header else ()
    return modfinal.variables(words, [*again, *replacements, *included])


def _kept_with(words: Sequence[str], kept: Sequence[str]) -> list[str]:
    found: list[str] = []
    for i, word in enumerate(kept):
        if word in words:
            found += kept[i : i + 2]
    return found


def _demands(tree: KernelTree) -> list[Demand]:
    arch = architectures.find(tree.arch)
    demands = arch.clang_demands if arch else EVERYWHERE
    return [demand for demand in demands if tree.config.on(*demand.options)]


def _unfit(tree: KernelTree, compiler: CCompiler, missing: Sequence[Demand]) -> ToolchainError:
    least = least_clang(tree)
    because = ", ".join(f"{demand.flag} (CONFIG_{demand.options[-1]})" for demand in missing)
    lacks = f": it does not support {because}" if because else ""
    return ToolchainError(
        f"{compiler.path} {compiler.version} cannot build for {tree.release}{lacks}",
        hint=f"clang {least.major} or later can, and so can the compiler that built the kernel,"
        f" {tree.compiler.command}",
    )
