"""What C of crates is compiled with, from kbuild's flags; and names that kbuild can work with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.base.errors import ProjectError
from rkmbuild.base.render import environment
from rkmbuild.pipeline import crate, crate_c, diagnose, profiles
from rkmbuild.pipeline.plain_paths import PlainPaths
from rkmbuild.project.dependencies import Graph, Package
from rkmbuild.project.project import Metadata, Project

SAMPLE = Project(
    root=Path("/nowhere"), workspace=Path("/nowhere"), package="sample", library="sample",
    source=Path("/nowhere/src/lib.rs"), module="sample", features=(), metadata=Metadata(), bound=(),
)  # fmt: skip
# As kbuild of Debian's 6.12 says them, with some that others have.
C_FLAGS = (
    "-nostdinc", "-I/k/include", "-include", "/k/include/linux/kconfig.h", "-D__KERNEL__",
    "-fmacro-prefix-map=/k/=", "-std=gnu11", "-fshort-wchar", "-funsigned-char", "-fno-PIE",
    "-mno-sse", "-fcf-protection=branch", "-m64", "-mpreferred-stack-boundary=3",
    "-mno-red-zone", "-mcmodel=kernel", "-Wno-sign-compare", "-mindirect-branch=thunk-extern",
    "-mfunction-return=thunk-extern", "-mharden-sls=all", "-fpatchable-function-entry=16,16",
    "-O2", "--param", "asan-globals=1", "-mllvm", "-x", "-fstack-protector-strong", "-pg",
    "-mrecord-mcount", "-mfentry", "-DCC_USING_FENTRY", "-Wall", "-Werror=return-type", "-g",
    "--target=x86_64-linux-gnu", "-DMODULE",
)  # fmt: skip


def test_flags_that_say_what_code_comes_out_are_kept_and_no_others() -> None:
    assert crate_c.for_code(C_FLAGS) == [
        "-fno-PIE", "-mno-sse", "-fcf-protection=branch", "-m64", "-mpreferred-stack-boundary=3",
        "-mno-red-zone", "-mcmodel=kernel", "-mindirect-branch=thunk-extern",
        "-mfunction-return=thunk-extern", "-mharden-sls=all", "-fpatchable-function-entry=16,16",
        "-O2", "--param", "asan-globals=1", "-mllvm", "-x", "-fstack-protector-strong", "-g",
        "--target=x86_64-linux-gnu",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("thunk", "straight", "said"),
    [
        (True, True, [".macro ret", "\tjmp __x86_return_thunk", ".endm"]),
        (False, True, [".macro ret", "\t.byte 0xc3", "\tint3", ".endm"]),
        (False, False, []),
    ],
)
def test_a_return_in_assembly_is_the_kernels(thunk: bool, straight: bool, said: list[str]) -> None:
    template = (paths.data("templates") / "c" / "x86_64.h").read_text()
    made = environment().from_string(template)
    lines = made.render(return_thunk=thunk, straight_line=straight).splitlines()
    assert lines[lines.index("#ifdef __ASSEMBLER__") :] == ["#ifdef __ASSEMBLER__", *said, "#endif"]


def test_what_there_is_of_a_c_library_is_what_the_hint_names() -> None:
    there = sorted(file.name for file in (paths.data("templates") / "c" / "include").iterdir())
    assert there == sorted(diagnose.HEADERS.replace(" and ", ", ").split(", "))


def test_folders_that_kbuild_cannot_work_in_have_other_names(tmp_path: Path) -> None:
    odd, plain = tmp_path / "a dir", tmp_path / "plain"
    odd.mkdir()
    (odd / "shim.h").write_text("int x;\n")
    seen = PlainPaths(tmp_path)
    assert seen.file(plain / "shim.c") == plain / "shim.c"
    assert seen.include(f'#include "{odd / "shim.h"}"') == f'#include "{tmp_path}/folder-0/shim.h"'
    assert seen.file(odd / "shim.c") == tmp_path / "folder-0" / "shim.c"
    assert seen.directory(tmp_path / "b:dir") == tmp_path / "folder-1"
    assert seen.include("#include <linux/pci.h>") == "#include <linux/pci.h>"
    seen.lay()
    assert (tmp_path / "folder-0" / "shim.h").read_text() == "int x;\n"
    (tmp_path / "folder-0").unlink()
    (tmp_path / "folder-0").symlink_to(plain)
    seen.lay()
    assert (tmp_path / "folder-0").readlink() == odd


def test_a_file_whose_own_name_kbuild_cannot_work_with_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"my shim\.h, a file with a space in its name"):
        PlainPaths(tmp_path).include(f'#include "{tmp_path}/my shim.h"')


def test_what_build_scripts_say_of_libraries_is_kept_by_crate(tmp_path: Path) -> None:
    made = tmp_path / "target" / "libsample.a"
    project = replace(SAMPLE, root=tmp_path)
    messages = [
        {"reason": "build-script-executed", "package_id": f"path+file://{tmp_path}#brings@0.1.0",
         "linked_libs": ["static=one", "static:-bundle=two", "z"],
         "linked_paths": ["native=/a=b", "/plain"], "out_dir": "/out"},
        {"reason": "build-script-executed", "package_id": "registry+x#plain@1.0.0",
         "linked_libs": [], "linked_paths": [], "out_dir": "/other"},
        {"reason": "compiler-artifact", "manifest_path": str(tmp_path / "Cargo.toml"),
         "filenames": [str(made)]},
    ]  # fmt: skip
    found = crate.library("\n".join(map(json.dumps, messages)), project)
    assert found.archive == made
    assert found.native == tuple(("brings", Path(each)) for each in ("/out", "/a=b", "/plain"))
    assert found.wanted == (("brings", "static:-bundle=two"), ("brings", "z"))


def test_crates_of_the_target_are_linked_beside_one_that_is_alone() -> None:
    said = (Path(__file__).parents[1] / "data/cargo/rlibs-1.85.jsonl").read_text()
    project = replace(SAMPLE, root=Path("/rec"))
    found = crate.library(said, project, "target")
    made = Path("/rec/target/rkmbuild/7.3.4+deb13-cloud-amd64/cargo/target/release")
    assert (found.archive, found.dep_info) == (made / "librec.rlib", made / "librec.d")
    # Not paste, which is a procedural macro, nor version_check, which a build script uses.
    assert [file.name.partition("-")[0] for file in found.dependencies] == [
        "libtypenum", "libfnv", "libgeneric_array",
    ]  # fmt: skip
    assert {file.parent for file in found.dependencies} == {made / "deps"}


def _manifest(root: Path, profiles: str) -> Project:
    (root / "Cargo.toml").write_text(f'[package]\nname = "sample"\n{profiles}')
    return replace(SAMPLE, root=root, workspace=root)


WANTED = {"opt-level": "2", "overflow-checks": "true"}


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("release", "", ["debug=1", "opt-level=2", "overflow-checks=true", 'lto="off"']),
        ("dev", "", ["opt-level=2", "overflow-checks=true", 'lto="off"']),
        ("release", "[profile.release]\ndebug = true\nopt-level = 's'\nlto = true\n",
         ["overflow-checks=true", 'lto="off"']),
        ("small", ("[profile.release]\noverflow-checks = false\n[profile.small]\n"
                   "inherits = 'release'\nopt-level = 'z'\n"), ["debug=1", 'lto="off"']),
    ],
)  # fmt: skip
def test_a_profile_is_as_cargo_toml_says_and_else_as_the_kernel_has_it(
    tmp_path: Path, name: str, said: str, expected: list[str]
) -> None:
    project = _manifest(tmp_path, said)
    found = profiles.arguments(project, name, WANTED, {"lto": '"off"'})
    assert found[::2] == ["--config"] * len(expected)
    assert found[1::2] == [f"profile.{name}.{each}" for each in expected]


def test_what_is_not_the_apis_wish_is_lines_for_addresses_alone(tmp_path: Path) -> None:
    project = _manifest(tmp_path, "")
    assert profiles.arguments(project, "release") == ["--config", "profile.release.debug=1"]
    assert profiles.arguments(project, "dev") == []


def _package(name: str, *edges: str) -> Package:
    return Package(
        id=name, name=name, version="0.1.0", crate=name, features={}, enabled=frozenset(),
        declared=(), edges=edges,
    )  # fmt: skip


# What cargo says with gcc 12, and with clang 14.
SAID = """\
  src/code.c:1:10: fatal error: stdio.h: No such file or directory
  src/more.c:1:10: fatal error: 'sys/mman.h' file not found
error: failed to run custom build command for `brings v0.1.0 (/home/u/brings)`
"""


def test_a_header_of_a_c_library_is_told_with_the_crate_whose_c_includes_it() -> None:
    graph = Graph("sample", {"sample": _package("sample", "brings"), "brings": _package("brings")})
    told = diagnose.without_c_library(graph, SAID)
    assert told
    said = "C of sample -> brings includes stdio.h, sys/mman.h, and the kernel has no C library"
    assert told[0] == said
    assert diagnose.HEADERS in told[1]
    assert diagnose.without_c_library(graph, SAID.replace("fatal error", "warning")) is None


def test_c_of_a_crate_on_the_upstream_api_is_refused_with_the_reason() -> None:
    # As cargo 1.85 and cc 1.2 said it, on Debian's 7.3.4.
    said = (
        "error: failed to run custom build command for `brings v0.1.0 (/work/cdep/brings)`\n"
        "  error occurred in cc-rs: target `target` only had a single component"
        " (at least two required)\n"
    )
    packages = {each.id: each for each in (_package("cdep", "brings"), _package("brings"))}
    found = diagnose.without_cc(Graph("cdep", packages), said)
    assert found
    assert found[0].startswith("C of cdep -> brings cannot be compiled on the upstream API")
    assert "`c-sources`" in found[1]
    assert diagnose.without_cc(Graph("cdep", packages), "error: something else") is None
