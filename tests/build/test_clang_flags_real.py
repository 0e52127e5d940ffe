"""Real c_flags of the kernels, and made-up ones, for every clang and libclang on the machine."""

from pathlib import Path

import pytest

from rkmbuild.arch import architectures
from rkmbuild.kernel import cflags, overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler
from rkmbuild.pipeline.target_kernel import common_variables
from rkmbuild.toolchain import bindgen, cc
from rkmbuild.toolchain.clang_flags import Probe, translate
from rkmbuild.toolchain.clang_probe import BindgenProbe, ClangProbe
from rkmbuild.toolchain.parts import Version

# What gcc took and clang stopped at when modules in Rust were first built by hand.
KNOWN = (
    "-mfunction-return=thunk-extern", "-fzero-call-used-regs=used-gpr", "-fconserve-stack",
    "-mrecord-mcount", "-Wno-maybe-uninitialized", "-Wno-alloc-size-larger-than",
    "-Wimplicit-fallthrough=5",
)  # fmt: skip
# Of each form of objection: named flag, value apart, flag not named, two words, warning, plugin.
MADE_UP = (
    "-fno-such-flag", "-fsanitize=foo", "-mcmodel=kernelx", "-mtune=foo", "--param",
    "ggc-min-expand=3", "-Wno-such-warning", "-fplugin=no-such.so", "-finline-limit=3",
)  # fmt: skip


def _variables(kernel: KernelTree) -> dict[str, str]:
    compiler = c_compiler.choose("gcc", kernel).compiler
    return {**common_variables(kernel.config), "CC": str(compiler.path)}


@pytest.fixture(params=["clang", "old clang", "libclang"])
def probe(request: pytest.FixtureRequest) -> Probe:
    if request.param == "libclang":
        return BindgenProbe(bindgen.choose()[0])
    best, passed_over = cc.choose_clang(Version(1))
    older = [candidate.what for candidate in passed_over if "not newer" in candidate.why]
    if request.param == "old clang" and older:
        return ClangProbe(Path(older[-1]))
    return ClangProbe(best.path)


@pytest.mark.usefixtures("empty_cache")
def test_the_compiler_takes_what_is_kept_and_each_lost_flag_has_a_reason(
    kernel: KernelTree, probe: Probe
) -> None:
    shadow = overlay.prepare(kernel, foreign_compiler=False)
    given = [*cflags.module_c_flags(shadow, _variables(kernel)), *KNOWN, *MADE_UP]
    done = translate(given, probe, architectures.of(kernel.arch).clang_replacements)
    asked = [word for word in done.kept if not word.startswith(("-include", "/", "-I", "-D"))]
    assert probe(asked) == []
    lost = {flag for flag, _ in (*done.dropped, *done.replaced)}
    assert lost >= {
        "-fconserve-stack", "-mrecord-mcount", "-Wno-maybe-uninitialized",
        "-Wno-alloc-size-larger-than", "-Wimplicit-fallthrough=5", "-fno-such-flag",
    }  # fmt: skip
    assert ("-Wno-maybe-uninitialized", "-Wno-uninitialized") in done.replaced
    assert ("-Wimplicit-fallthrough=5", "-Wimplicit-fallthrough") in done.replaced
    assert all(why.strip() for _, why in done.dropped)
    # Order is kept, and so is what gives C its meaning.
    unchanged = [word for word in done.kept if word in given]
    assert unchanged == [word for word in given if word in unchanged]
    assert {"-nostdinc", "-D__KERNEL__", "-fshort-wchar", "-mno-red-zone"} <= set(done.kept)


def test_kbuild_says_its_flags_with_their_quotes_taken_off_and_absolute_paths(
    kernel: KernelTree,
) -> None:
    shadow = overlay.prepare(kernel, foreign_compiler=False)
    flags = cflags.module_c_flags(shadow, _variables(kernel))
    assert {"-DMODULE", "-D__KERNEL__", "-mcmodel=kernel", "-std=gnu11"} <= set(flags)
    assert f"-I{shadow.build}/include" in flags
    assert flags[flags.index("-include") + 1].startswith(str(shadow.source))
    assert not any("KBUILD_MODNAME" in flag or "'" in flag or "MMD" in flag for flag in flags)
    assert not any(flag.startswith("-I.") for flag in flags)
