"""`rkmbuild clean`: removes what we made, and nothing else."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rkmbuild.base import cache, cache_cleaning
from rkmbuild.base.errors import ProjectError, StorageError, UsageError
from rkmbuild.cli import app
from rkmbuild.project import cleaning

_MANIFEST = '[package]\nname = "hello"\n[lib]\ncrate-type = ["staticlib"]\n'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    root = tmp_path / "hello"
    results = root / "target" / "rkmbuild" / "6.1.0"
    results.mkdir(parents=True)
    (results / "hello.ko").write_bytes(b"x" * 100_000)
    (root / "target" / "mine").write_text("cargo's, or the user's")
    (root / "Cargo.toml").write_text(_MANIFEST)
    return root


def _fill(kind: str, size: int) -> None:
    def make(folder: Path) -> None:
        (folder / "f").write_bytes(b"x" * size)

    cache.entry(kind, "0123", make)


def test_only_our_folder_of_target_is_removed(built: Path) -> None:
    assert cleaning.remove_results(built) >= 100_000
    assert [p.name for p in (built / "target").iterdir()] == ["mine"]
    assert cleaning.remove_results(built) == 0


def test_a_folder_without_a_project_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "target" / "rkmbuild").mkdir(parents=True)
    with pytest.raises(ProjectError):
        cleaning.remove_results(tmp_path)
    assert (tmp_path / "target" / "rkmbuild").is_dir()


def test_the_cache_is_emptied_and_stays_usable(empty_cache: Path) -> None:
    _fill("sysroot", 200_000)
    _fill("kernel", 50_000)
    assert cache_cleaning.contents().size >= 250_000
    assert cache_cleaning.empty() >= 250_000
    assert cache.find("sysroot", "0123") is None
    assert sorted(p.name for p in empty_cache.iterdir()) == ["CACHEDIR.TAG", "locks", "tmp"]
    assert list((empty_cache / "tmp").iterdir()) == []
    _fill("sysroot", 1)
    assert cache.find("sysroot", "0123")


def test_what_another_run_is_making_is_left_to_it(empty_cache: Path) -> None:
    _fill("sysroot", 1)
    living, dead = empty_cache / "tmp" / "1-42", empty_cache / "tmp" / "4194305-42"
    living.mkdir()
    dead.mkdir()
    cache_cleaning.empty()
    assert living.is_dir()
    assert not dead.exists()


def test_a_folder_that_is_no_cache_is_left_alone(empty_cache: Path) -> None:
    empty_cache.mkdir()
    (empty_cache / "thesis.tex").write_text("mine")
    with pytest.raises(StorageError, match=r"no CACHEDIR\.TAG"):
        cache_cleaning.empty()
    assert (empty_cache / "thesis.tex").is_file()


@pytest.mark.parametrize("there", [True, False])
def test_an_empty_cache_is_no_failure(empty_cache: Path, there: bool) -> None:
    if there:
        empty_cache.mkdir()
    assert cache_cleaning.empty() == 0


@pytest.mark.usefixtures("empty_cache")
def test_a_file_with_two_names_counts_once() -> None:
    _fill("sysroot", 400_000)
    place = cache.find("sysroot", "0123")
    assert place
    (place / "again").hardlink_to(place / "f")
    assert cache_cleaning.contents().size < 500_000


def test_the_cache_is_not_emptied_without_a_yes(empty_cache: Path) -> None:
    _fill("sysroot", 1)
    done = CliRunner().invoke(app, ["clean", "--cache"])
    assert isinstance(done.exception, UsageError)
    assert cache.find("sysroot", "0123")
    assert CliRunner().invoke(app, ["clean", "--cache", "--yes", "--quiet"]).exit_code == 0
    assert cache.find("sysroot", "0123") is None
    assert empty_cache.is_dir()


def test_the_cache_is_no_projects(built: Path, empty_cache: Path) -> None:
    done = CliRunner().invoke(app, ["clean", "--cache", "--yes", str(built)])
    assert isinstance(done.exception, UsageError)
    assert (built / "target" / "rkmbuild").is_dir()
    assert not empty_cache.exists()
