"""The manifest of a fetched kernel: what it says, and what is done where it is damaged or old."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import fetched_kernel, find
from rkmbuild.kernel.tree import Origin
from tests import kernel_trees
from tests.kernel_trees import RELEASES


@pytest.fixture
def root(tmp_path: Path, empty_cache: Path) -> Path:
    """A machine's root with no kernel in it, and an empty cache."""
    assert not empty_cache.exists()
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def _older(cache: Path, series: str) -> Path:
    """Put a kernel into the cache as rkmbuild did before there were manifests."""
    entry = cache / "kernel" / series
    kernel_trees.debian(entry, series)
    kernel_trees.image(entry, RELEASES[series])
    (entry / ".done").touch()
    return entry


def test_a_manifest_is_read_back_as_it_was_written(empty_cache: Path) -> None:
    kernel = kernel_trees.fetched(empty_cache, "6.12", suite="trixie-backports")
    assert fetched_kernel.read(kernel.entry) == kernel
    assert json.loads((kernel.entry / "fetched.json").read_text()) == {
        "schema": 1,
        "source": "apt",
        "suite": "trixie-backports",
        "release": RELEASES["6.12"],
        "date": "2026-11-27T00:00:00.000000Z",
        "packages": [
            {"name": "linux-image", "version": "1", "architecture": "amd64", "sha256": "0" * 64}
        ],
        "build": f"usr/src/linux-headers-{RELEASES['6.12']}",
        "image": f"boot/vmlinuz-{RELEASES['6.12']}",
        "system_map": None,
        "modules": f"lib/modules/{RELEASES['6.12']}",
        "companions": None,
        "debug_symbols": None,
        "expired": None,
        "without_compiler": False,
        "name": None,
        "features": [],
    }


def test_a_manifest_of_before_suites_is_read(empty_cache: Path) -> None:
    kernel = kernel_trees.fetched(empty_cache, "6.12")
    manifest = kernel.entry / "fetched.json"
    document = json.loads(manifest.read_text())
    del document["expired"]
    manifest.write_text(json.dumps(document))
    assert fetched_kernel.read(kernel.entry) == kernel


@pytest.mark.parametrize("place", ["boot/vmlinux-{}", "lib/modules/{}/vmlinux"])
def test_debug_symbols_are_found_where_debian_puts_them(tmp_path: Path, place: str) -> None:
    release = RELEASES["6.12"]
    assert fetched_kernel.debug_symbols(tmp_path, release) is None
    file = tmp_path / "usr/lib/debug" / place.format(release)
    file.parent.mkdir(parents=True)
    file.write_text("ELF")
    assert fetched_kernel.debug_symbols(tmp_path, release) == file


def test_a_fetched_kernel_may_move_with_the_cache(empty_cache: Path, tmp_path: Path) -> None:
    kernel = kernel_trees.fetched(empty_cache, "6.12")
    moved = kernel.entry.rename(tmp_path / "elsewhere")
    again = fetched_kernel.read(moved)
    assert again.build.is_dir()
    assert again.build.is_relative_to(moved)


def test_nothing_is_looked_for_beside_what_the_manifest_names(empty_cache: Path) -> None:
    kernel = kernel_trees.fetched(empty_cache, "6.12")
    (kernel.entry / "odd").mkdir()
    build = kernel.build.rename(kernel.entry / "odd/tree")
    image = (kernel.entry / "boot" / f"vmlinuz-{RELEASES['6.12']}").rename(build / "image")
    _say(kernel.entry, build="odd/tree", image="odd/tree/image", modules=None)
    kernel_trees.debian(kernel.entry, "7.2")
    (candidate,) = find.fetched()
    assert (candidate.build, candidate.release) == (build, RELEASES["6.12"])
    parts = candidate.manifest.parts if candidate.manifest else None
    assert parts
    assert (parts.image, parts.modules) == (image, None)


def test_a_path_into_a_fetched_kernel_leads_to_its_manifest(root: Path, empty_cache: Path) -> None:
    kernel = kernel_trees.fetched(empty_cache, "6.12")
    image = kernel.entry / "image"
    (kernel.entry / "boot" / f"vmlinuz-{RELEASES['6.12']}").rename(image)
    _say(kernel.entry, image="image")
    tree = find.select(str(kernel.build), root)
    assert (tree.image, tree.origin) == (image, Origin.PATH)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"build": None}, "names no kernel"),
        ({"build": "/usr/src/linux"}, "build leads out of the folder"),
        ({"image": "../image"}, "image leads out of the folder"),
        ({"release": 6.12}, "names no kernel"),
        ({"date": 1_000_000}, "date is no text"),
        ({"packages": [{"name": "linux-image"}]}, "missing"),
        ({"schema": "first"}, "not supported"),
    ],
)
def test_a_damaged_manifest_is_told_and_takes_nothing_else_with_it(
    said: dict[str, Any], why: str, root: Path, empty_cache: Path
) -> None:
    good = kernel_trees.fetched(empty_cache, "6.1")
    bad = kernel_trees.fetched(empty_cache, "6.12")
    _say(bad.entry, **said)
    with pytest.raises(KernelError, match=rf"fetched\.json is damaged: .*{why}") as failure:
        fetched_kernel.read(bad.entry)
    assert "rkmbuild kernel fetch" in str(failure.value.hint)
    survey = find.survey(root)
    assert [tree.release for tree in survey.kernels] == [good.release]
    assert [passed_over.path for passed_over in survey.passed_over] == [bad.entry]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", "\udcff"])
def test_what_is_no_manifest_is_told_where_a_kernel_is_asked_for(
    text: str, root: Path, empty_cache: Path
) -> None:
    kernel = kernel_trees.fetched(empty_cache, "6.12")
    (kernel.entry / "fetched.json").write_text(text, errors="surrogateescape")
    for spec in ("6.12", None):
        with pytest.raises(KernelError) as failure:
            find.select(spec, root)
        assert "fetched.json is damaged" in str(failure.value.hint)


def test_a_manifest_of_a_newer_rkmbuild_is_not_guessed_at(empty_cache: Path) -> None:
    kernel = kernel_trees.fetched(empty_cache, "6.12")
    _say(kernel.entry, schema=2)
    with pytest.raises(KernelError, match="of a newer rkmbuild: schema 2"):
        fetched_kernel.read(kernel.entry)


def test_a_kernel_that_an_older_rkmbuild_fetched_is_kept_and_gets_a_manifest(
    root: Path, empty_cache: Path
) -> None:
    entry = _older(empty_cache, "6.1")
    os.utime(entry / ".done", (1_000_000, 1_000_000))
    (tree,) = find.find_kernels(root)
    assert (tree.release, tree.origin) == (RELEASES["6.1"], Origin.FETCHED)
    assert tree.image == entry / "boot" / f"vmlinuz-{RELEASES['6.1']}"
    written = fetched_kernel.read(entry)
    assert (entry / "fetched.json").is_file()
    assert (written.source, written.packages) == (None, ())
    assert written.date == "1970-01-12T13:46:40.000000Z"
    (entry / "usr/src/linux-headers-extra").mkdir()
    assert find.find_kernels(root) == [tree]


def test_a_kernel_without_a_manifest_is_used_where_none_can_be_written(
    root: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    entry = _older(empty_cache, "6.1")
    monkeypatch.setattr("rkmbuild.base.files.write", refuse)
    assert find.select("6.1", root).build.is_relative_to(entry)
    assert not (entry / "fetched.json").exists()


def test_an_older_fetch_that_has_no_kernel_any_more_is_told(root: Path, empty_cache: Path) -> None:
    entry = empty_cache / "kernel" / "x"
    entry.mkdir(parents=True)
    (entry / ".done").touch()
    (passed_over,) = find.survey(root).passed_over
    assert passed_over.path == entry
    assert "has no headers of a kernel" in passed_over.why.message


def _say(entry: Path, **said: Any) -> None:
    path = entry / "fetched.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | said))
