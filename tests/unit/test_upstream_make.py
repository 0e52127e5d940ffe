"""What is built without a Cargo.toml, and what a make of the user's own is given."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rkmbuild.base import cache
from rkmbuild.base.errors import KernelError, ProjectError, UsageError
from rkmbuild.cli import app
from rkmbuild.pipeline.api.upstream import users_make
from rkmbuild.project import cleaning, kbuild_source
from tests import projects, upstream_sources


def test_a_file_in_rust_is_a_source_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "two-words.rs"
    file.write_text("")
    found = kbuild_source.find(file)
    assert found
    assert (found.folder, found.file, found.module) == (tmp_path, file, "two_words")
    assert found.work("7.3.4").is_relative_to(tmp_path / "target/rkmbuild/7.3.4")
    assert found.has_rust()


def test_a_file_of_a_project_is_not_built_without_it(tmp_path: Path) -> None:
    project = projects.make(tmp_path / "project")
    with pytest.raises(ProjectError, match="part of the project") as caught:
        kbuild_source.find(project / "src/lib.rs")
    assert str(project) in (caught.value.hint or "")


@pytest.mark.parametrize(("name", "why"), [("none.rs", "no file"), ("static.rs", "keyword")])
def test_a_file_that_can_be_no_module_is_refused(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "static.rs").write_text("")
    with pytest.raises(ProjectError, match=why):
        kbuild_source.find(tmp_path / name)


@pytest.mark.parametrize("name", ["Kbuild", "Makefile"])
def test_a_folder_whose_makefile_names_modules_is_a_source(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("ifneq ($(KERNELRELEASE),)\n  obj-$(CONFIG_X) += x.o\nendif\n")
    for path in (tmp_path, tmp_path / name):
        found = kbuild_source.find(path)
        assert found
        assert (found.folder, found.file) == (tmp_path, None)


def test_another_makefile_is_none_of_kbuilds(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n\tcargo build\n")
    assert kbuild_source.find(tmp_path) is None


def test_where_both_are_the_project_is_built_and_it_is_said(tmp_path: Path) -> None:
    project = projects.make(tmp_path / "project")
    (project / "Kbuild").write_text("obj-m := x.o\n")
    assert kbuild_source.find(project) is None
    done = CliRunner().invoke(app, ["build", str(project), "--kernel", str(tmp_path / "none")])
    assert isinstance(done.exception, KernelError), "it is as far as a project comes"
    assert "project has a Cargo.toml, which is built; its Kbuild is not used" in done.output


def test_what_a_make_left_beside_the_source_is_none_of_it(tmp_path: Path) -> None:
    folder = upstream_sources.in_c(tmp_path / "source")
    for left in ("only_c.o", "only_c.ko", "only_c.mod.c", "Module.symvers", ".only_c.o.cmd"):
        (folder / left).write_text("")
    found = kbuild_source.find(folder)
    assert found
    names = {str(file.relative_to(folder)) for file in found.files()}
    assert names == {".", "Makefile", "only_c.c", "include", "include/limit.h"}
    assert not found.has_rust()


@pytest.mark.parametrize(
    "words",
    [["--features", "a"], ["--plan"], ["--profile", "dev"], ["--toolchain", "x"], ["-p", "x"]],
)
def test_what_is_cargos_alone_is_refused_by_its_name(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "one.rs").write_text("")
    done = CliRunner().invoke(app, ["build", str(tmp_path / "one.rs"), *words])
    assert isinstance(done.exception, UsageError)
    assert "one.rs, which is built without cargo" in done.exception.message


@pytest.mark.parametrize(
    "line",
    [
        "KVERSION_DIR ?= /lib/modules/$(shell uname -r)/build",
        "export KVERSION_DIR := /lib/modules/`uname -r`/build # where it is built",
        "  KVERSION_DIR=/usr/src/linux-headers-$(RELEASE)",
    ],
)
def test_a_makefiles_own_name_for_the_kernels_folder_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "sub").mkdir()
    text = f"{line}\nPLACE := /lib/modules/$(shell uname -r)/extra\nall:\n\ttrue\n"
    (tmp_path / "sub/other.mk").write_text(text)
    assert users_make.names([], tmp_path) == users_make.NAMES
    for words in (["-C", "sub", "-f", "other.mk"], ["-Csub", "--file=other.mk", "-j2"]):
        assert users_make.names(words, tmp_path) == (*users_make.NAMES, "KVERSION_DIR")


def test_a_makefile_whose_command_has_the_kernels_folder_is_refused(tmp_path: Path) -> None:
    text = "all:\n\tmake -C /lib/modules/$(shell uname -r)/build M=$(PWD) modules\n"
    (tmp_path / "Makefile").write_text(text)
    with pytest.raises(ProjectError, match="no variable reaches it: -C /lib/modules/") as caught:
        users_make.names([], tmp_path)
    assert "rkmbuild build" in (caught.value.hint or "")


def test_what_was_built_of_files_is_cleaned_by_the_file_and_by_the_folder(tmp_path: Path) -> None:
    file = upstream_sources.one_file(tmp_path / "source")
    target = file.parent / "target/rkmbuild"
    for path in (file, file.parent):
        target.mkdir(parents=True)
        cache.tag(target)
        assert cleaning.remove_results(path) > 0
        assert not target.exists()
        assert file.exists()
