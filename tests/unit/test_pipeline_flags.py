"""The table of rustc's flags and the target specification, for recorded toolchains."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.arch import architectures
from rkmbuild.arch.aarch64 import AARCH64
from rkmbuild.arch.arch import Arch
from rkmbuild.base import paths
from rkmbuild.base.errors import KernelError, ToolchainError
from rkmbuild.kernel.tree import Compiler, Kconfig, KernelTree, KernelVersion, Origin
from rkmbuild.pipeline import bindings, plan, rustflags, spec, target_kernel
from rkmbuild.pipeline.api import kinds, portable_crate
from rkmbuild.pipeline.api.portable import Portable
from rkmbuild.project.project import Metadata, Project
from rkmbuild.project.request import BuildRequest
from rkmbuild.toolchain.parts import Version
from rkmbuild.toolchain.rust_facts import RustFacts

RECORDED = Path(__file__).parent.parent / "data" / "rustc"
TOOLCHAINS = sorted(folder.name for folder in RECORDED.iterdir())

# Whatever the configuration says.
STACK_OF_8 = "-Zllvm-module-flag=override-stack-alignment:u32:8:max"

every_arch = pytest.mark.parametrize("arch", architectures.ALL, ids=str)

# What Debian's kernels of the two series have set, of what the table asks for.
DEBIAN_6_1 = {"RETPOLINE": "y", "RETHUNK": "y", "SLS": "y", "STACKPROTECTOR": "y",
              "STACKPROTECTOR_STRONG": "y"}  # fmt: skip
DEBIAN_6_12 = {"MITIGATION_RETPOLINE": "y", "MITIGATION_RETHUNK": "y", "MITIGATION_SLS": "y",
               "STACKPROTECTOR": "y", "STACKPROTECTOR_STRONG": "y", "X86_KERNEL_IBT": "y",
               "CALL_PADDING": "y", "FUNCTION_PADDING_BYTES": "16",
               "FUNCTION_ALIGNMENT": "16"}  # fmt: skip


def facts(toolchain: str) -> RustFacts:
    folder = RECORDED / toolchain
    return RustFacts(*((folder / file).read_text() for file in ("options", "cargo", "spec")))


def tree(version: str, config: dict[str, str]) -> KernelTree:
    return KernelTree(
        release=version,
        version=KernelVersion.parse(version),
        arch="x86_64",
        build=Path("/nowhere"),
        source=Path("/nowhere"),
        origin=Origin.PATH,
        config=Kconfig(config),
        compiler=Compiler("gcc", (12, 2, 0), "gcc-12", "gcc-12"),
        symvers=None,
        image=None,
        system_map=None,
        modules=None,
    )


def project(api: str) -> Project:
    return Project(
        root=Path("/nowhere"),
        workspace=Path("/nowhere"),
        package="p",
        library="p",
        source=Path("/nowhere/src/lib.rs"),
        module="p",
        features=(),
        metadata=Metadata(api=api),
        bound=(),
    )


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_a_kernel_without_mitigations_asks_for_nothing_beyond_what_all_need(
    toolchain: str,
) -> None:
    chosen = rustflags.choose(tree("6.12.1", {}), facts(toolchain).options, toolchain)
    assert chosen.flags == (*rustflags.ALWAYS, STACK_OF_8)
    assert chosen.features == ()


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_the_older_names_of_mitigations_ask_for_the_same(toolchain: str) -> None:
    chosen = rustflags.choose(tree("6.1.192", DEBIAN_6_1), facts(toolchain).options, toolchain)
    assert "-Zretpoline-external-thunk" in chosen.flags
    assert "-Zfunction-return=thunk-extern" in chosen.flags
    assert "-Zstack-protector=strong" in chosen.flags
    assert "-Cjump-tables=n" in chosen.flags
    assert chosen.features == ("+harden-sls-ijmp", "+harden-sls-ret")
    assert not any("cf-protection" in flag or "patchable" in flag for flag in chosen.flags)


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_ibt_and_call_padding_are_kept(toolchain: str) -> None:
    chosen = rustflags.choose(tree("6.12.117", DEBIAN_6_12), facts(toolchain).options, toolchain)
    assert "-Zcf-protection=branch" in chosen.flags
    assert "-Zpatchable-function-entry=16,16" in chosen.flags
    assert "-Zmin-function-alignment=16" in chosen.flags


def test_a_rustc_without_the_newer_options_gets_the_older_ones() -> None:
    known = facts(TOOLCHAINS[0]).options
    older = known - {"retpoline-external-thunk", "jump-tables", "min-function-alignment"}
    older |= {"no-jump-tables"}
    chosen = rustflags.choose(tree("6.12.117", DEBIAN_6_12), older, "1.85.0")
    assert "-Zno-jump-tables" in chosen.flags
    assert "+retpoline-external-thunk" in chosen.features
    assert not any("min-function-alignment" in flag for flag in chosen.flags)


def test_a_rustc_that_cannot_keep_a_mitigation_is_refused_with_the_release_that_can() -> None:
    options = facts(TOOLCHAINS[0]).options - {"patchable-function-entry"}
    with pytest.raises(ToolchainError, match="call padding") as caught:
        rustflags.choose(tree("6.12.117", DEBIAN_6_12), options, "1.80.1")
    assert "1.81" in (caught.value.hint or "")


def test_the_stack_protector_is_left_out_where_rustc_cannot_find_the_canary() -> None:
    options = facts(TOOLCHAINS[0]).options
    chosen = rustflags.choose(tree("6.15.0", DEBIAN_6_12), options, "1.96.0")
    assert not any("stack-protector" in flag for flag in chosen.flags)


@pytest.mark.parametrize(
    ("release", "config", "told"),
    [
        ("6.12.117", {"RANDSTRUCT": "y"}, "randomised"),
        ("6.12.117", {"CFI_CLANG": "y"}, "CONFIG_CFI_ICALL_NORMALIZE_INTEGERS"),
        ("6.18.0", {"CFI": "y"}, "CONFIG_CFI_ICALL_NORMALIZE_INTEGERS"),
        ("6.12.117", {}, "Module.symvers is missing"),
        ("5.10.223", {}, "6.1 is the oldest"),
    ],
)
def test_a_kernel_that_cannot_be_built_for_is_refused(
    release: str, config: dict[str, str], told: str
) -> None:
    with pytest.raises(KernelError, match=told):
        plan.make(BuildRequest(path=Path("/nowhere")), project("portable"), tree(release, config))


class OfAnotherKernel(Portable):
    """An API that cannot be had for any kernel."""

    def check(self, tree: KernelTree) -> None:
        raise KernelError(f"not for {tree.release}")


def test_the_plan_asks_the_api_that_cargo_toml_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, "another": OfAnotherKernel()})
    with pytest.raises(KernelError, match=r"not for 6\.12"):
        plan.make(BuildRequest(path=Path("/nowhere")), project("another"), tree("6.12.117", {}))


@every_arch
def test_every_row_says_where_it_comes_from(arch: Arch) -> None:
    assert all(row.source for row in arch.rust_rows)


@every_arch
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_what_every_architecture_asks_for_is_asked_alike(arch: Arch, toolchain: str) -> None:
    config = {"FRAME_POINTER": "y", "CFI_CLANG": "y", "FUNCTION_ALIGNMENT": "16"}
    known = facts(toolchain)
    chosen = rustflags.choose(
        replace(tree("6.12.117", config), arch=arch.name),
        known.options,
        toolchain,
        known.bare_spec["supported-sanitizers"],
    )
    assert tuple(flag for flag in chosen.flags if flag != STACK_OF_8) == (
        *rustflags.ALWAYS,
        "-Zmin-function-alignment=16",
        "-Cforce-frame-pointers=y",
        "-Zsanitizer=kcfi",
        "-Zsanitizer-cfi-normalize-integers",
        "-Zmerge-functions=disabled",
    )


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_functions_tell_how_many_arguments_they_take_where_fineibt_asks(toolchain: str) -> None:
    known, kernel = facts(toolchain), tree("7.3.4", {"CFI": "y", "FINEIBT_BHI": "y"})
    chosen = rustflags.choose(
        kernel, known.options, toolchain, known.bare_spec["supported-sanitizers"]
    )
    assert chosen.flags[-1] == "-Zsanitizer-kcfi-arity"
    without = known.options - {"sanitizer-kcfi-arity"}
    with pytest.raises(ToolchainError, match="FineIBT's count of arguments") as caught:
        rustflags.choose(kernel, without, "1.85.1", ["kcfi"])
    assert "1.91" in (caught.value.hint or "")


def test_a_kernel_that_looks_for_races_has_rust_look_as_well() -> None:
    known = facts(TOOLCHAINS[0])
    own = known.bare_spec["supported-sanitizers"]
    assert "thread" not in own
    chosen = rustflags.choose(tree("6.12.117", {"KCSAN": "y"}), known.options, "1.96.0", own)
    assert "-Zsanitizer=thread" in chosen.flags
    # rustc's own target knows nothing of it; ours says that it does.
    made = json.loads(spec.render("x86_64", known, chosen.features, chosen.sanitizers))
    assert made["supported-sanitizers"] == [*own, "thread"]


def test_a_kernel_that_tells_what_was_reached_is_told_by_rust() -> None:
    known, plain = facts(TOOLCHAINS[0]), {"KCOV": "y"}
    assert not _coverage(rustflags.choose(tree("6.12.117", plain), known.options, "1.96.0").flags)
    every = plain | {"KCOV_INSTRUMENT_ALL": "y"}
    reached = ["sancov-module", "-sanitizer-coverage-level=3", "-sanitizer-coverage-trace-pc"]
    found = rustflags.choose(tree("6.12.117", every), known.options, "1.96.0").flags
    assert _coverage(found) == reached
    compares = every | {"KCOV_ENABLE_COMPARISONS": "y"}
    found = rustflags.choose(tree("6.12.117", compares), known.options, "1.96.0").flags
    assert _coverage(found) == [*reached, "-sanitizer-coverage-trace-compares"]


def _coverage(flags: Sequence[str]) -> list[str]:
    return [flag.partition("=")[2] for flag in flags if "cov" in flag]


# What a kernel with KASAN has set of it, as x86 has the offset.
KASAN = {"KASAN": "y", "KASAN_GENERIC": "y", "KASAN_INLINE": "y", "KASAN_STACK": "y",
         "KASAN_SHADOW_OFFSET": "0xdffffc0000000000"}  # fmt: skip


@every_arch
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_memory_is_checked_as_the_kernels_makefile_has_its_own_rust_do_it(
    arch: Arch, toolchain: str
) -> None:
    known = facts(toolchain)
    kernel = replace(tree("6.12.117", KASAN | {"CFI_CLANG": "y"}), arch=arch.name)
    chosen = rustflags.choose(
        kernel, known.options, toolchain, known.bare_spec["supported-sanitizers"]
    )
    assert tuple(flag for flag in chosen.flags if "asan" in flag or "kernel-address" in flag) == (
        "-Zsanitizer=kernel-address",
        "-Zsanitizer-recover=kernel-address",
        "-Cllvm-args=-asan-mapping-offset=0xdffffc0000000000",
        "-Cllvm-args=-asan-instrumentation-with-call-threshold=10000",
        "-Cllvm-args=-asan-stack=1",
        "-Cllvm-args=-asan-globals=0",
        "-Cllvm-args=-asan-constructor-kind=none",
        "-Cllvm-args=-asan-kernel-mem-intrinsic-prefix=1",
    )
    # Each is an option of its own, and rustc takes both.
    assert "-Zsanitizer=kcfi" in chosen.flags


def test_memory_is_checked_as_far_as_the_configuration_asks_for_it() -> None:
    config = {name: value for name, value in KASAN.items() if name[-5:] not in ("NLINE", "STACK")}
    options = facts(TOOLCHAINS[0]).options
    flags = rustflags.choose(tree("6.1.192", config), options, "1.96.0", ["kernel-address"]).flags
    assert "-Cllvm-args=-asan-instrumentation-with-call-threshold=0" in flags
    assert "-Cllvm-args=-asan-stack=0" in flags
    # In 6.1 it is memcpy itself that checks.
    assert not any("mem-intrinsic" in flag for flag in flags)


def test_mitigations_stay_beside_the_checks() -> None:
    options = facts(TOOLCHAINS[0]).options
    without = rustflags.choose(tree("6.12.117", DEBIAN_6_12), options, "1.96.0")
    checked = tree("6.12.117", DEBIAN_6_12 | KASAN)
    flags = rustflags.choose(checked, options, "1.96.0", ["kernel-address"]).flags
    assert [flag for flag in flags if "asan" not in flag and "kernel-address" not in flag] == [
        *without.flags
    ]


@pytest.mark.parametrize("option", ["CFI", "CFI_CLANG"])
def test_a_rustc_whose_own_target_has_no_kcfi_is_refused(option: str) -> None:
    options = facts(TOOLCHAINS[0]).options
    with pytest.raises(ToolchainError, match="does not support the sanitizer kcfi") as caught:
        rustflags.choose(tree("6.18.0", {option: "y"}), options, "1.79.0", ["kernel-address"])
    assert caught.value.code == 5


def test_the_target_has_the_sanitizers_of_rustcs_own() -> None:
    made = json.loads(spec.render("x86_64", facts(TOOLCHAINS[0]), []))
    assert "kcfi" in made["supported-sanitizers"]
    older = dict(facts(TOOLCHAINS[0]).bare_spec)
    del older["supported-sanitizers"]
    made = json.loads(spec.render("x86_64", RustFacts("", "", json.dumps(older)), []))
    assert "supported-sanitizers" not in made


def test_a_kernel_with_link_time_optimisation_is_built_for_without_it() -> None:
    on = {"LTO": "y", "LTO_CLANG": "y", "LTO_CLANG_THIN": "y"}
    variables = target_kernel.common_variables(Kconfig(on))
    assert {variables[f"CONFIG_{option}"] for option in on} == {""}
    assert "CONFIG_LTO" not in target_kernel.common_variables(Kconfig({}))


def test_an_architecture_asks_for_nothing_that_is_anothers() -> None:
    arm = replace(tree("6.12.117", DEBIAN_6_12), arch=AARCH64.name)
    chosen = rustflags.choose(arm, {"min-function-alignment"}, "1.96.0")
    assert [row.name for row in chosen.rows] == ["function alignment"]


@every_arch
def test_what_is_built_for_has_a_target_and_nothing_else_has(arch: Arch) -> None:
    assert arch.complete == (paths.data("targets") / f"{spec.name(arch.name)}.json").is_file()


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_the_target_turns_off_what_a_module_must_not_have(toolchain: str) -> None:
    made = json.loads(spec.render("x86_64", facts(toolchain), ["+harden-sls-ret"]))
    assert made["relro-level"] == "off"
    assert made["relocation-model"] == "static"
    assert made["code-model"] == "kernel"
    assert made["disable-redzone"] is True
    assert made["features"].endswith("+soft-float,+harden-sls-ret")
    assert "-sse2" in made["features"].split(",")
    assert made["panic-strategy"] == "abort"


def test_fields_that_drift_take_the_form_that_rustc_itself_uses() -> None:
    bare = facts(TOOLCHAINS[0]).bare_spec
    older = {**bare, "target-pointer-width": "64"}
    del older["rustc-abi"]
    made = json.loads(spec.render("x86_64", RustFacts("", "", json.dumps(older)), []))
    assert made["target-pointer-width"] == "64"
    assert "rustc-abi" not in made


def test_a_target_that_contradicts_rustc_is_refused() -> None:
    other = {**facts(TOOLCHAINS[0]).bare_spec, "max-atomic-width": 128}
    with pytest.raises(ToolchainError, match="max-atomic-width"):
        spec.render("x86_64", RustFacts("", "", json.dumps(other)), [])


@pytest.mark.parametrize(
    ("bindgen", "rustc", "said"),
    [
        (Version(0, 60, 1), Version(1, 78, 0), ()),
        (Version(0, 71, 1), Version(1, 78, 0), ("--rust-target=1.78",)),
        (Version(0, 72, 1), Version(1, 82, 0), ()),
    ],
)
def test_bindgen_is_told_of_a_rustc_that_lacks_what_it_writes(
    bindgen: Version, rustc: Version, said: tuple[str, ...]
) -> None:
    assert bindings.rust_target(bindgen, rustc) == said


def test_an_older_rustc_is_told_to_take_what_the_crates_use() -> None:
    assert "-Zunstable-options\n" in portable_crate.opened(Version(1, 79, 0))
    assert portable_crate.opened(Version(1, 82, 0)).splitlines() == [
        "-Zcrate-attr=feature(const_refs_to_cell)",
        "-Zcrate-attr=feature(const_refs_to_static)",
    ]
    assert portable_crate.opened(Version(1, 85, 0)) == ""
