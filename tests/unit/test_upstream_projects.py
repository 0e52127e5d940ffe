"""Projects on the upstream API: what rustc is told, and which projects and kernels are refused."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from rkmbuild.base import paths
from rkmbuild.base.errors import KernelError, ProjectError, ToolchainError, UsageError
from rkmbuild.base.render import render
from rkmbuild.kernel.tree import KernelVersion
from rkmbuild.pipeline import kbuild
from rkmbuild.pipeline.api.base import Linkage
from rkmbuild.pipeline.api.upstream import flags, sidecar, upstream, words
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from rkmbuild.pipeline.api.upstream.upstream import Upstream
from rkmbuild.pipeline.helpers import Helpers
from rkmbuild.project import new, project, templates
from rkmbuild.project.project import Metadata, Project
from rkmbuild.toolchain.parts import Rust, Version
from rkmbuild.trace import source
from tests.unit.test_pipeline_flags import tree

# What make said on Debian's 7.3.4 for clouds, lints of clippy and rustdoc left out.
SAID = Path(__file__).parents[1] / "data/rust_flags/7.3.4-cloud"
RUST = Rust(
    rustc=Path("/cache/rustc"), cargo=Path("/cache/cargo"), version=Version(1, 85, 1),
    verbose="rustc 1.85.1 (4eb161250 2025-03-15) (built from a source tarball)\n",
    host="x86_64-unknown-linux-gnu", sysroot=Path("/cache"), library=Path("/cache/library"),
    vendored=True, origin="trixie",
)  # fmt: skip
SAMPLE = Project(
    root=Path("/nowhere"), workspace=Path("/nowhere"), package="sample", library="sample",
    source=Path("/nowhere/src/lib.rs"), module="sample", features=(), metadata=Metadata(), bound=(),
)  # fmt: skip


def _told() -> flags.Flags:
    return flags.sort(flags.parse(SAID.read_text(), Path("/made"), "/usr/bin/rustc"))


def test_what_cargo_says_itself_is_not_said_twice() -> None:
    told = _told()
    every = (*told.common, *told.own)
    for word in ("--edition", "--target", "--crate-type", "--emit", "--out-dir", "-L"):
        assert not [flag for flag in every if flag.startswith(word)]
    assert not [flag for flag in every if "MODFILE" in flag or flag in ("rlib", "./")]


def test_optimisation_and_checks_are_the_profiles() -> None:
    told = _told()
    assert told.profile == {
        "codegen-units": "1", "opt-level": "2", "debug-assertions": "false",
        "overflow-checks": "true",
    }  # fmt: skip
    assert told.fixed == {"lto": '"off"'}
    for option in ("opt-level", "codegen-units", "debuginfo", "overflow-checks"):
        assert not [flag for flag in told.common if flag.startswith(f"-C{option}")]


def test_what_says_how_code_comes_out_holds_for_every_crate() -> None:
    told = _told()
    for flag in ("-Zcf-protection=branch", "-Zfunction-return=thunk-extern", "-Cno-redzone=y",
                 "-Ccode-model=kernel", "-Zpatchable-function-entry=16,16", "--cfg=MODULE",
                 "--extern=kernel", "--extern=pin_init", "--sysroot=/dev/null",
                 "@/overlay/build/include/generated/rustc_cfg"):  # fmt: skip
        assert flag in told.common
    assert all(flag.startswith(("-Zallow-features=", "-Zcrate-attr=")) for flag in told.own)
    assert "-Zcrate-attr=no_std" in told.own


def test_a_relative_file_of_arguments_is_looked_for_where_make_is() -> None:
    assert flags.parse("A=b rustc @include/cfg -O", Path("/made"), "rustc") == [
        "@/made/include/cfg", "-O",
    ]  # fmt: skip
    with pytest.raises(KernelError, match="no command for Rust"):
        flags.parse("", Path("/made"), "rustc")


def test_an_optimisation_by_letter_is_text_for_cargo() -> None:
    assert flags.sort(["-Copt-level=s", "-Z", "x=y"]).profile == {"opt-level": '"s"'}


def test_a_kernel_whose_rust_is_for_an_old_rustc_is_refused_with_the_way_out() -> None:
    with pytest.raises(KernelError, match=r"6\.1 for 1\.62") as caught:
        Upstream().check(tree("6.1.192", {}))
    assert "portable" in (caught.value.hint or "")
    Upstream().check(tree("6.12.117", {}))
    Upstream().check(tree("7.3.4", {}))


def _sidecar(folder: Path, way: Way = Way.OWN) -> Sidecar:
    return Sidecar(
        folder=folder, release="7.3.4", way=way, why="no symbols", rust=RUST, source="7.3.4-1"
    )


def test_another_toolchain_than_the_crates_own_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidecar, "get", lambda _: _sidecar(tmp_path))
    kernel = tree("7.3.4", {})
    assert Upstream().rust(None, kernel) == RUST
    assert Upstream().rust("/cache/rustc", kernel) == RUST
    with pytest.raises(ToolchainError, match=r"--toolchain nightly .* 7\.3\.4") as caught:
        Upstream().rust("nightly", kernel)
    assert "built from a source tarball" in caught.value.message


@pytest.mark.parametrize(
    "said", [Metadata(headers=("linux/pci.h",)), Metadata(panic="short")], ids=["headers", "panic"]
)
def test_what_the_portable_api_alone_has_is_refused(said: Metadata) -> None:
    with pytest.raises(ProjectError, match="for the portable API alone"):
        upstream.check_keys(replace(SAMPLE, metadata=said))
    upstream.check_keys(replace(SAMPLE, metadata=Metadata(c_sources=(Path("src/shim.c"),))))


def test_tests_that_are_not_compiled_are_told(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "sample"\n')
    file = tmp_path / "src/lib.rs"
    file.write_text("#[kunit_tests(sample)]\nmod tests {}\n")
    sample = replace(SAMPLE, root=tmp_path)
    assert "CONFIG_KUNIT=y" in words.tests_remark(sample, tree("7.3.4", {"KUNIT": "m"}))
    assert not words.tests_remark(sample, tree("7.3.4", {"KUNIT": "y"}))
    file.write_text("// none\n")
    assert not words.tests_remark(sample, tree("7.3.4", {}))


def test_a_crate_that_does_not_compile_is_told_whose_words_it_has(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "sample"\n')
    file = tmp_path / "src/lib.rs"
    sample, kernel = replace(SAMPLE, root=tmp_path), tree("6.12.117", {})
    file.write_text("extern crate alloc;\n#[kernel_test]\nfn two() {}\n")
    whose, portable = words.hint(sample, kernel).splitlines()
    assert whose.startswith("`kernel` is the crate of Linux 6.12 here")
    assert portable == "of the portable API alone: `extern crate alloc`, `kernel_test`"
    file.write_text("// kernel_tests are others\n")
    assert words.hint(sample, kernel) == whose


def test_no_c_is_made_of_the_rust_code(tmp_path: Path) -> None:
    linkage = Linkage(
        templates=paths.data("templates") / "kbuild-upstream", defines="",
        helpers=Helpers("", ()), export_header=None,
    )  # fmt: skip
    said = kbuild.plan(
        SAMPLE, linkage, release="7.3.4", folder=tmp_path, objtree=Path("/overlay"),
        variables=MappingProxyType({}), config=tree("7.3.4", {}).config,
    )  # fmt: skip
    assert said.objects == (f"{kbuild.RUST}.o",)
    assert not [name for name in said.files if name.startswith(kbuild.EXPORTS)]
    assert f"sample-y := {kbuild.RUST}.o\n" in said.files["Kbuild"]
    assert "helpers" not in said.files["Kbuild"]
    assert ".rmeta" in render(linkage.templates / "module.lds", {})


@pytest.mark.parametrize(
    ("file", "whose"),
    [
        ("/cache/source/rust/kernel/alloc/kvec.rs", source.Origin.KERNEL),
        ("/cache/source/rust/pin-init/src/lib.rs", source.Origin.KERNEL),
        ("/cache/made/rust/bindings/bindings_generated.rs", source.Origin.KERNEL),
        ("/rustc/1.85.1/library/core/src/slice/index.rs", source.Origin.RUST),
        ("/home/me/rust/kernel/src/lib.rs", source.Origin.MODULE),
        ("/home/me/rust/hello/src/lib.rs", source.Origin.MODULE),
    ],
)
def test_files_of_upstreams_crates_and_of_rust_are_no_projects(
    file: str, whose: source.Origin
) -> None:
    assert source.origin(file)[0] is whose


def test_a_new_project_may_be_on_the_upstream_api(tmp_path: Path) -> None:
    for template in templates.templates():
        if "upstream" not in template.apis:
            continue
        root = tmp_path / template.name
        new.create(
            new.NewRequest(
                path=root, template=template.name, api="upstream", author="", vcs=new.Vcs.NONE
            )
        )
        assert project.load(root).metadata.api == "upstream"
        text = (root / "src/lib.rs").read_text()
        assert "extern crate alloc" not in text
        assert "{{" not in text.replace("{{}}", "")
        assert not (root / "upstream").exists()


@pytest.mark.parametrize(
    ("version", "has", "lacks"),
    [
        ("6.12.117", ('    author: "A"', "use kernel::fmt;"), ("authors:", "kunit_tests")),
        ("7.3.4", ('    authors: ["A"]', "kunit_tests"), ("use kernel::fmt;", "author:")),
    ],
)
def test_a_new_project_is_in_the_words_of_its_kernels_crate(
    version: str, has: tuple[str, ...], lacks: tuple[str, ...], tmp_path: Path
) -> None:
    kernel = KernelVersion.parse(version)
    root = tmp_path / "sample"
    new.create(
        new.NewRequest(path=root, api="upstream", kernel=kernel, author="A", vcs=new.Vcs.NONE)
    )
    text = (root / "src/lib.rs").read_text()
    assert [word for word in has if word not in text] == []
    assert [word for word in lacks if word in text] == []


def test_a_template_that_a_kernels_crate_has_nothing_for_is_refused() -> None:
    assert templates.find("miscdevice", "upstream", KernelVersion(7, 2)).name == "miscdevice"
    with pytest.raises(UsageError, match=r"`miscdevice` .* from Linux 6\.18 on") as caught:
        templates.find("miscdevice", "upstream", KernelVersion(6, 12, 117))
    assert caught.value.hint == "these are written for it: hello"


def test_a_template_of_another_api_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="`procfs` is not written on the upstream API") as caught:
        templates.find("procfs", "upstream")
    assert "hello, " in (caught.value.hint or "")
    with pytest.raises(UsageError, match="no API `upsteam`") as unknown:
        templates.find("hello", "upsteam")
    assert unknown.value.hint == "did you mean `upstream`?"
