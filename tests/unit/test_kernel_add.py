"""Kernels that the user names for good: checked, listed, chosen, booted, forgotten."""

import json
import os
import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rkmbuild.base import cache_cleaning
from rkmbuild.base.errors import KernelError, UsageError
from rkmbuild.cli import app
from rkmbuild.kernel import add, added_kernels, fetch, find, images
from rkmbuild.kernel.tree import Origin
from tests import kernel_trees
from tests.kernel_trees import RELEASES

RELEASE = RELEASES["6.12"]


@pytest.fixture
def root(tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a machine without kernels, an empty cache and an empty state folder."""
    assert not empty_cache.exists()
    monkeypatch.setenv("RKMBUILD_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def an_image(place: Path, release: str) -> Path:
    """Write the header of an image, as the boot protocol has it, that says its release."""
    head = bytearray(0x400)
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", head, 0x20E, 0x100)
    text = f"{release} (somebody@somewhere) #1 SMP\0".encode()
    head[0x300 : 0x300 + len(text)] = text
    place.write_bytes(head)
    return place


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def _failure(path: Path, **given: Path | str) -> KernelError:
    with pytest.raises(KernelError) as caught:
        add.add(path, **given)  # type: ignore[arg-type]
    assert caught.value.code == 4
    assert caught.value.hint
    return caught.value


def test_an_added_tree_is_listed_and_chosen_by_release_and_by_name(
    root: Path, tmp_path: Path
) -> None:
    build = kernel_trees.single(tmp_path / "my linux")
    add.add(build, name="mine")
    (listed,) = find.find_kernels(root)
    assert (listed.build, listed.origin, listed.name) == (build, Origin.ADDED, "mine")
    for spec in ("mine", "6.12", str(build)):
        tree = find.select(spec, root)
        assert (tree.build, tree.origin) == (build, Origin.ADDED)


def test_it_outlives_the_cache(root: Path, tmp_path: Path, empty_cache: Path) -> None:
    add.add(kernel_trees.single(tmp_path / "linux"))
    kernel_trees.fetched(empty_cache, "6.1")
    (empty_cache / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    cache_cleaning.empty()
    assert [tree.release for tree in find.find_kernels(root)] == [RELEASE]


def test_image_and_modules_that_were_named_are_its_parts(root: Path, tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    image = an_image(tmp_path / "bzImage", RELEASE)
    modules = tmp_path / "staging/lib/modules" / RELEASE
    (modules / "kernel").mkdir(parents=True)
    add.add(build, image=image, modules=tmp_path / "staging")
    for spec in (RELEASE, str(build)):
        tree = find.select(spec, root)
        assert (tree.image, tree.modules) == (image, modules)


def test_a_folder_that_packages_were_unpacked_below_is_one_kernel_with_its_parts(
    root: Path, tmp_path: Path
) -> None:
    unpacked = tmp_path / "unpacked"
    build = kernel_trees.debian(unpacked)
    image = kernel_trees.image(unpacked, RELEASE)
    add.add(unpacked)
    tree = find.select("6.12", root)
    assert (tree.build, tree.image) == (build, image)
    assert tree.modules == unpacked / "lib/modules" / RELEASE


def test_a_folder_with_two_kernels_names_both(root: Path, tmp_path: Path) -> None:
    assert root
    both = [kernel_trees.debian(tmp_path / "unpacked", series) for series in ("6.1", "6.12")]
    message = _failure(tmp_path / "unpacked").message
    assert all(str(build) in message for build in both)


def test_what_cannot_be_built_for_is_not_taken(root: Path, tmp_path: Path) -> None:
    assert root
    build = kernel_trees.single(tmp_path / "linux")
    (build / "Module.symvers").write_text("")
    assert "Module.symvers is empty" in _failure(build).message
    (build / "scripts/mod/modpost").unlink()
    assert "is incomplete" in _failure(build).message
    assert "does not exist" in _failure(tmp_path / "nothing").message
    assert added_kernels.read() == []


def test_an_image_of_another_kernel_is_refused(root: Path, tmp_path: Path) -> None:
    assert root
    build = kernel_trees.single(tmp_path / "linux")
    other = an_image(tmp_path / "other", "6.1.0-56-amd64")
    message = _failure(build, image=other).message
    assert "is of 6.1.0-56-amd64" in message
    assert RELEASE in message
    assert "there is no image" in _failure(build, image=tmp_path / "nothing").message
    assert "has no modules of" in _failure(build, modules=tmp_path).message


def test_an_image_that_does_not_say_what_it_is_is_taken(root: Path, tmp_path: Path) -> None:
    (tmp_path / "Image").write_bytes(b"MZ")
    tree = add.add(kernel_trees.single(tmp_path / "linux"), image=tmp_path / "Image")
    assert find.select(RELEASE, root).image == tree.image == tmp_path / "Image"


def test_a_kernel_boots_another_image_of_the_same_build_only(root: Path, tmp_path: Path) -> None:
    tree = add.add(kernel_trees.single(tmp_path / "linux"))
    assert root
    assert tree.image is None
    same = an_image(tmp_path / "same", RELEASE)
    assert images.with_image(tree, same).image == same
    with pytest.raises(KernelError, match=r"is of 6\.1\.0"):
        images.with_image(tree, an_image(tmp_path / "other", "6.1.0"))


def test_adding_again_replaces_what_was_said(root: Path, tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    add.add(build, name="old")
    add.add(build, name="new")
    assert [kernel.name for kernel in added_kernels.read()] == ["new"]
    assert find.select("new", root).build == build


def test_a_name_is_one_kernels(root: Path, tmp_path: Path) -> None:
    assert root
    add.add(kernel_trees.single(tmp_path / "one"), name="mine")
    failure = _failure(kernel_trees.single(tmp_path / "two"), name="mine")
    assert f"{tmp_path / 'one'} is called 'mine' already" in failure.message


@pytest.mark.parametrize("name", ["", "a/b", " mine"])
def test_a_name_that_could_not_be_chosen_by_is_refused(
    root: Path, tmp_path: Path, name: str
) -> None:
    assert root
    with pytest.raises(UsageError):
        add.add(kernel_trees.single(tmp_path / "linux"), name=name)


def test_a_fetched_kernel_is_known_already(root: Path, empty_cache: Path) -> None:
    assert root
    kernel = kernel_trees.fetched(empty_cache, "6.12")
    assert "is in rkmbuild's cache" in _failure(kernel.build).message


def test_removing_forgets_it_and_leaves_its_files(root: Path, tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    add.add(build, name="mine")
    fetch.remove("mine")
    assert find.find_kernels(root) == []
    assert (build / "Makefile").is_file()
    with pytest.raises(KernelError, match="was neither fetched nor added"):
        fetch.remove("mine")


def test_a_fetched_kernel_of_the_same_release_is_removed_second(
    root: Path, tmp_path: Path, empty_cache: Path
) -> None:
    kernel_trees.fetched(empty_cache, "6.12")
    add.add(kernel_trees.single(tmp_path / "linux"))
    fetch.remove("6.12")
    assert [tree.origin for tree in find.find_kernels(root)] == [Origin.FETCHED]
    fetch.remove("6.12")
    assert find.find_kernels(root) == []


def test_one_that_has_gone_is_told_and_can_be_forgotten(root: Path, tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    add.add(build)
    build.rename(tmp_path / "moved")
    survey = find.survey(root)
    assert survey.kernels == []
    assert "does not exist" in survey.passed_over[0].why.message
    fetch.remove("6.12")
    assert find.survey(root).passed_over == []


def test_an_installed_tree_that_was_added_is_listed_once(root: Path, tmp_path: Path) -> None:
    build = kernel_trees.debian(root)
    add.add(build, image=an_image(tmp_path / "image", RELEASE))
    (listed,) = find.find_kernels(root)
    assert (listed.origin, listed.image) == (Origin.ADDED, tmp_path / "image")


def test_an_added_kernel_is_the_running_ones_tree(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    add.add(build)
    said = os.uname_result(("Linux", "host", RELEASE, "#1 SMP", "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: said)
    assert find.select(None, root).build == build


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 1, "kernels": [{}]}'])
def test_a_damaged_file_is_told_and_hides_no_other_kernel(root: Path, text: str) -> None:
    kernel_trees.debian(root)
    added_kernels.path().parent.mkdir()
    added_kernels.path().write_text(text)
    survey = find.survey(root)
    assert len(survey.kernels) == 1
    assert "is damaged" in survey.passed_over[0].why.message


def test_a_file_of_a_newer_rkmbuild_is_not_written_over(root: Path, tmp_path: Path) -> None:
    assert root
    added_kernels.path().parent.mkdir()
    added_kernels.path().write_text('{"schema": 99, "kernels": []}')
    assert "newer rkmbuild" in _failure(kernel_trees.single(tmp_path / "linux")).message


def test_a_kernel_of_wsl2_that_runs_without_headers_is_told_where_its_source_is(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = "5.15.167.4-microsoft-standard-WSL2"
    said = os.uname_result(("Linux", "host", release, "#1 SMP", "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: said)
    with pytest.raises(KernelError) as caught:
        find.select(None, root)
    hint = str(caught.value.hint)
    assert "tag linux-msft-wsl-5.15.167.4" in hint
    assert "rkmbuild kernel add PATH" in hint
    assert "apt-get install" not in hint


def test_the_commands_add_list_and_forget(root: Path, tmp_path: Path) -> None:
    assert root
    build = kernel_trees.single(tmp_path / "linux")
    done = run("kernel", "add", build, "--name", "mine", "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert (document["schema"], document["origin"], document["name"]) == (1, "added", "mine")
    assert document["rust_of_its_own"] is None
    listed = json.loads(run("kernel", "list", "--json").stdout)["kernels"]
    assert ("mine", str(build)) in [(each["name"], each["build"]) for each in listed]
    assert "added (mine)" in run("kernel", "list").stdout
    assert run("kernel", "remove", "mine").exit_code == 0
    assert "mine" not in run("kernel", "list").stdout
