"""The overlay: what it links, what it replaces, and what it makes anew."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.arch import architectures
from rkmbuild.base.errors import KernelError, StorageError
from rkmbuild.kernel import companions, overlay
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import KernelTree, Origin
from tests import kernel_trees

MODFINAL = """\
part-of-module = y

%.mod.o: %.mod.c FORCE
\t$(call if_changed_dep,cc_o_c)
"""


@pytest.fixture(autouse=True)
def _cache(empty_cache: Path) -> None:
    pass


def debian(root: Path) -> KernelTree:
    build = kernel_trees.debian(root)
    (root / "usr/lib/linux-kbuild/scripts/Makefile.modfinal").write_text(MODFINAL)
    return read_tree(build, Origin.PATH)


def single(root: Path) -> KernelTree:
    build = kernel_trees.single(root)
    (build / "scripts/Makefile.modfinal").write_text(MODFINAL)
    return read_tree(build, Origin.PATH)


def snapshot(root: Path) -> dict[str, tuple[int, int, int]]:
    entries = sorted(root.rglob("*"))
    return {str(p): (p.lstat().st_mode, p.lstat().st_size, p.lstat().st_mtime_ns) for p in entries}


def test_an_unpacked_kernel_is_included_from_the_overlay_and_not_from_usr_src(
    tmp_path: Path,
) -> None:
    tree = debian(tmp_path / "Bäume und mehr")
    made = overlay.prepare(tree, foreign_compiler=False)
    assert (made.build / "Makefile").read_text() == "include ../source/Makefile\n"
    assert not (made.build / "Makefile").is_symlink()
    assert (made.source / "Makefile").samefile(tree.source / "Makefile")
    assert (made.build / ".config").samefile(tree.build / ".config")
    assert (made.build / "scripts").samefile(tree.source / "scripts")
    assert made.header is None


def test_a_tree_of_one_folder_stays_one_folder(tmp_path: Path) -> None:
    made = overlay.prepare(single(tmp_path / "linux"), foreign_compiler=False)
    assert made.build == made.source
    assert (made.build / "Makefile").is_symlink()


@pytest.mark.parametrize("shape", [debian, single])
def test_a_foreign_compiler_gets_an_edited_modfinal_and_a_header(
    shape: Callable[[Path], KernelTree], tmp_path: Path
) -> None:
    tree = shape(tmp_path / "k")
    before = snapshot(tmp_path / "k")
    made = overlay.prepare(tree, foreign_compiler=True)
    for folder in (made.build, made.source):
        edited = folder / "scripts/Makefile.modfinal"
        assert "ccflags-y += $(RKMBUILD_CFLAGS_ADD)" in edited.read_text()
        assert not edited.is_symlink()
        assert (folder / "scripts/basic/fixdep").samefile(tree.source / "scripts/basic/fixdep")
    assert made.header is not None
    assert "__clang__" in made.header.read_text()
    assert (tree.source / "scripts/Makefile.modfinal").read_text() == MODFINAL
    assert snapshot(tmp_path / "k") == before


def test_the_same_tree_has_the_same_overlay(tmp_path: Path) -> None:
    tree = debian(tmp_path)
    first = overlay.prepare(tree, foreign_compiler=False)
    assert overlay.prepare(tree, foreign_compiler=False) == first
    assert overlay.prepare(tree, foreign_compiler=True).key != first.key


def test_a_file_that_came_later_is_in_the_next_overlay(tmp_path: Path) -> None:
    tree = debian(tmp_path)
    first = overlay.prepare(tree, foreign_compiler=False)
    (tree.build / "vmlinux").touch()
    second = overlay.prepare(tree, foreign_compiler=False)
    assert not (first.build / "vmlinux").exists()
    assert (second.build / "vmlinux").exists()


def test_a_changed_modfinal_makes_another_overlay(tmp_path: Path) -> None:
    tree = debian(tmp_path)
    first = overlay.prepare(tree, foreign_compiler=True)
    file = tree.source / "scripts/Makefile.modfinal"
    file.write_text(f"# security update\n{MODFINAL}")
    second = overlay.prepare(tree, foreign_compiler=True)
    assert "security" in (second.source / "scripts/Makefile.modfinal").read_text()
    assert second.key != first.key


def test_headers_without_kbuilds_files_are_named(tmp_path: Path) -> None:
    tree = debian(tmp_path)
    (tree.source / "scripts/Makefile.modfinal").unlink()
    with pytest.raises(KernelError, match=r"incomplete: .*scripts/Makefile\.modfinal"):
        overlay.prepare(tree, foreign_compiler=False)


@pytest.mark.parametrize(("name", "problem"), [("my cache", "a space"), ("a:b", "the character :")])
def test_a_cache_where_kbuild_cannot_work_is_refused_with_the_reason(
    name: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(tmp_path / name))
    with pytest.raises(StorageError, match=problem) as caught:
        overlay.prepare(debian(tmp_path / "k"), foreign_compiler=False)
    assert "RKMBUILD_CACHE_DIR" in (caught.value.hint or "")


def test_letters_of_any_language_are_fit_for_make() -> None:
    assert overlay.unfit_for_make(Path("/home/jürgen/缓存/a+b@d_e-f.g")) is None
    assert overlay.unfit_for_make(Path("/home/j\udcfcrgen")) == "a byte that is no UTF-8"


# Debian's headers, kbuild's own (6.13 and later), and openSUSE's.
DEBIAN = "include /usr/src/linux-headers-6.1.0-56-common/Makefile\n"
KBUILD = """\
# Automatically generated by /src/linux/Makefile: don't edit
export KBUILD_OUTPUT = /obj
include /src/linux/Makefile
"""
OPENSUSE = """\
export KBUILD_OUTPUT = /usr/src/linux-6.4-obj/x86_64/default
include ../../../linux-6.4/Makefile
"""


@pytest.mark.parametrize("text", [DEBIAN, KBUILD, OPENSUSE])
def test_every_generated_makefile_includes_the_overlays_source(text: str) -> None:
    changed = overlay.objtree_makefile(text, Path("/obj"))
    wanted = [line for line in changed.splitlines() if not line.startswith("#")]
    assert wanted == ["include ../source/Makefile"]


def test_an_objtree_that_names_itself_names_the_overlay_instead() -> None:
    """Debian's 7.2 has this Makefile; the top Makefile asks it where the objtree is."""
    headers = "/usr/src/linux-headers-7.2.13+deb14"
    text = f"KBUILD_OUTPUT={headers}-cloud-amd64\ninclude {headers}-common/Makefile\n"
    first, second = overlay.objtree_makefile(text, Path("/obj")).splitlines()
    assert first == "KBUILD_OUTPUT := $(realpath $(dir $(lastword $(MAKEFILE_LIST))))"
    assert second == "include ../source/Makefile"


@pytest.mark.parametrize("text", ["all:\n\ttrue\n", "include /a/Makefile\ninclude /b/Makefile\n"])
def test_a_makefile_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(KernelError, match=r"/obj/Makefile is not one that"):
        overlay.objtree_makefile(text, Path("/obj"))


MODPOST = Path("scripts/mod/modpost")


def _with_companions(
    tree: KernelTree, root: Path, monkeypatch: pytest.MonkeyPatch, tool: Path = MODPOST
) -> KernelTree:
    """Return the kernel with a loader beside it, where one of its tools cannot be started."""
    libraries = root / "usr/lib/own"
    libraries.mkdir(parents=True)
    loader = Path(architectures.host().loader).relative_to("/")
    (libraries / loader.name).touch()
    (libraries / "libc.so.6").touch()
    link = root / "usr" / loader
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(f"{'../' * (len(loader.parts) - 1)}lib/own/{loader.name}")
    monkeypatch.setattr(companions, "unfit", lambda _build: {tool: "GLIBC_2.38"})
    return replace(tree, companions=root)


@pytest.mark.parametrize("shape", [debian, single])
@pytest.mark.parametrize("foreign", [False, True])
def test_a_tool_that_this_machine_cannot_start_is_a_script_in_the_overlay(
    shape: Callable[[Path], KernelTree],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    foreign: bool,
) -> None:
    root = tmp_path / "beside"
    tree = _with_companions(shape(tmp_path / "k"), root, monkeypatch)
    before = snapshot(tmp_path)
    made = overlay.prepare(tree, foreign_compiler=foreign)
    tool = made.build / MODPOST
    assert os.access(tool, os.X_OK)
    assert tool.read_text() == (
        f'#!/bin/sh\nroot="{root}"\n'
        f'exec "$root/usr{architectures.host().loader}" --library-path "$root/usr/lib/own"'
        f' --argv0 "$0" {tree.build / MODPOST} "$@"\n'
    )
    assert (made.build / "scripts/basic").is_symlink()
    assert (made.build / "scripts/Makefile.modfinal").is_symlink() is not foreign
    assert {name: was for name, was in snapshot(tmp_path).items() if name in before} == before


def test_an_overlay_with_such_scripts_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = debian(tmp_path / "k")
    plain = overlay.prepare(tree, foreign_compiler=False)
    older = _with_companions(tree, tmp_path / "beside", monkeypatch)
    assert overlay.prepare(older, foreign_compiler=False).key != plain.key


def test_without_a_loader_for_it_the_tool_and_what_it_lacks_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = debian(tmp_path / "k")
    monkeypatch.setattr(companions, "unfit", lambda _build: {MODPOST: "GLIBC_2.38"})
    with pytest.raises(KernelError) as failure:
        overlay.prepare(tree, foreign_compiler=False)
    assert failure.value.message == (
        f"{MODPOST} of {tree.release} does not run on this machine: it needs GLIBC_2.38"
    )
    assert "rkmbuild kernel fetch" in (failure.value.hint or "")


def test_a_tool_that_no_module_needs_may_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = debian(tmp_path / "k")
    tool = Path("tools/bpf/resolve_btfids/resolve_btfids")
    monkeypatch.setattr(companions, "unfit", lambda _build: {tool: "libelf.so.1"})
    made = overlay.prepare(tree, foreign_compiler=False)
    assert (made.build / "scripts").is_symlink()


def test_what_lies_over_the_objtree_is_linked_and_the_rest_stays_the_trees(tmp_path: Path) -> None:
    tree = single(tmp_path / "tree")
    over = tmp_path / "over"
    for name in ("rust/libkernel.rmeta", "scripts/target.json", "scripts/mod/modpost.txt"):
        (over / name).parent.mkdir(parents=True, exist_ok=True)
        (over / name).write_text(name)
    (tree.build / "scripts/mod").mkdir(exist_ok=True)
    (tree.build / "scripts/mod/of-the-tree").write_text("")
    before = snapshot(tree.build)

    made = overlay.prepare(tree, foreign_compiler=False, over=over)

    assert (made.build / "rust").readlink() == over / "rust", "a whole folder is one link"
    assert (made.build / "scripts/target.json").readlink() == over / "scripts/target.json"
    assert (made.build / "scripts/mod/modpost.txt").read_text() == "scripts/mod/modpost.txt"
    assert (made.build / "scripts/mod/of-the-tree").exists()
    assert (made.build / "scripts/Makefile.modfinal").samefile(
        tree.build / "scripts/Makefile.modfinal"
    )
    assert snapshot(tree.build) == before
    assert made.key != overlay.prepare(tree, foreign_compiler=False).key


def test_what_lies_over_hides_what_the_objtree_has_of_that_name(tmp_path: Path) -> None:
    tree = debian(tmp_path / "tree")
    (tree.build / "rust").mkdir()
    (tree.build / "rust/old").write_text("the tree's")
    (tmp_path / "over/rust").mkdir(parents=True)
    (tmp_path / "over/rust/old").write_text("ours")
    made = overlay.prepare(tree, foreign_compiler=False, over=tmp_path / "over")
    assert (made.build / "rust/old").read_text() == "ours"
    assert (tree.build / "rust/old").read_text() == "the tree's"
