"""`rkmbuild clean --older-than` and `--list`: what nobody uses goes, and what is in use stays."""

import contextlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rkmbuild.base import cache, cache_cleaning
from rkmbuild.base.errors import StorageError, UsageError
from rkmbuild.cli import app
from rkmbuild.kernel import find
from tests import kernel_trees

_DAY = 86400
_NOBODY = 65534


@pytest.fixture(autouse=True)
def place(empty_cache: Path) -> Path:
    return empty_cache


def make(kind: str, name: str, *, days_ago: float = 0, size: int = 100_000) -> Path:
    """Make an entry that was used last so many days ago."""
    folder = cache.entry(kind, name, lambda folder: _fill(folder, size))
    age(folder, days_ago)
    return folder


def _fill(folder: Path, size: int) -> None:
    (folder / "f").write_bytes(b"x" * size)


def age(folder: Path, days: float) -> None:
    for mark in (".done", ".used"):
        if (folder / mark).exists():
            then = time.time() - days * _DAY
            os.utime(folder / mark, (then, then))


def test_what_was_not_used_for_so_long_is_removed_and_nothing_else() -> None:
    old, new = make("sysroot", "old", days_ago=100), make("sysroot", "new", days_ago=50)
    assert 100_000 <= cache_cleaning.remove_unused(90) < 200_000
    assert not old.exists()
    assert new.is_dir()
    assert cache_cleaning.remove_unused(90) == 0


def test_what_was_found_counts_as_used() -> None:
    folder = make("sysroot", "0123", days_ago=100)
    assert cache.find("sysroot", "0123") == folder
    assert cache_cleaning.remove_unused(1) == 0
    assert cache.entry("sysroot", "0123", lambda _: pytest.fail("it is there")) == folder


def test_a_use_is_noted_once_a_day_and_counts_for_all_of_it() -> None:
    folder = make("sysroot", "0123", days_ago=10.9)
    cache.find("sysroot", "0123")
    age(folder, 0.9)
    noted = (folder / ".used").stat()
    cache.find("sysroot", "0123")
    assert (folder / ".used").stat() == noted
    # It may have been used a day after its mark.
    age(folder, 7.9)
    assert cache_cleaning.remove_unused(7) == 0
    age(folder, 8.1)
    assert cache_cleaning.remove_unused(7) > 0


def test_a_fetched_kernel_that_is_built_for_counts_as_used(place: Path, tmp_path: Path) -> None:
    entry = make("kernel", "x", days_ago=100)
    build = kernel_trees.debian(entry, "6.1")
    for word in (str(build), find.fetched()[0].release, None):
        assert find.select(word, tmp_path).build == build
        assert cache_cleaning.remove_unused(90) == 0
        age(entry, 100)
    assert cache_cleaning.remove_unused(90) > 0
    assert find.fetched() == []
    assert not (place / "locks" / "kernel-x.lock").exists()


def test_what_is_removed_is_not_found_and_what_is_found_is_not_removed() -> None:
    """Both work on an old entry at once: either comes first, and the other one sees it."""
    for number in range(20):
        name = f"{number:04}"
        folder = make("bindings", name, days_ago=100)
        both = threading.Barrier(2)

        def build(name: str = name, both: threading.Barrier = both) -> Path | None:
            both.wait(timeout=10)
            return cache.find("bindings", name)

        def clean(both: threading.Barrier = both) -> int:
            both.wait(timeout=10)
            return cache_cleaning.remove_unused(90)

        with ThreadPoolExecutor(2) as pool:
            found, freed = pool.submit(build), pool.submit(clean)
        assert (found.result() is None) == (freed.result() > 0)
        assert folder.exists() == (found.result() is not None)


def test_what_is_removed_while_one_waits_for_its_lock_is_not_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make("bindings", "0123", days_ago=100)
    lock = cache.locked

    @contextlib.contextmanager
    def after_another_one(name: str) -> Iterator[Path]:
        folder.rename(folder.with_name("gone"))
        with lock(name) as file:
            yield file

    monkeypatch.setattr(cache, "locked", after_another_one)
    assert cache.find("bindings", "0123") is None


def test_two_that_clean_at_once_remove_each_entry_once() -> None:
    for number in range(20):
        make("rendered", f"{number:04}", days_ago=100)
    with ThreadPoolExecutor(2) as pool:
        freed = [pool.submit(cache_cleaning.remove_unused, 90) for _ in range(2)]
    assert 20 * 100_000 <= sum(each.result() for each in freed) < 21 * 110_000
    assert cache_cleaning.contents().entries == ()


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An old entry in a cache that we may read, and not write."""
    # Not in pytest's own place, which is root's alone.
    top = Path(tempfile.mkdtemp(prefix="rkmbuild-test-"))
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(top))
    folder = make("sysroot", "0123", days_ago=100)
    for each in (top, *(path for path in top.rglob("*") if path.is_dir())):
        each.chmod(0o555)
    before = os.geteuid()
    if before == 0:
        os.seteuid(_NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(before)
        for each in (top, *(path for path in top.rglob("*") if path.is_dir())):
            each.chmod(0o755)
        shutil.rmtree(top)


def test_a_cache_that_cannot_be_written_is_used_and_not_cleaned(closed: Path) -> None:
    assert cache.find("sysroot", "0123") == closed
    with pytest.raises(StorageError, match="Permission denied") as caught:
        cache_cleaning.remove_unused(90)
    assert caught.value.code == 7
    assert cache_cleaning.remove_unused(1000) == 0
    assert closed.is_dir()


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["clean", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


@pytest.mark.parametrize("days", ["90", "90d"])
def test_the_command_takes_days(days: str) -> None:
    make("sysroot", "old", days_ago=92)
    make("sysroot", "new", days_ago=89)
    assert json.loads(run("--older-than", days, "--json"))["freed"] >= 100_000
    assert [entry.name for entry in cache_cleaning.contents().entries] == ["new"]


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "90w", "d", "", "x", "٣"])
def test_what_are_no_days_is_said_to_be_none(days: str) -> None:
    make("sysroot", "old", days_ago=1000)
    with pytest.raises(UsageError, match="it needs days"):
        run(f"--older-than={days}")
    assert cache.find("sysroot", "old")


@pytest.mark.parametrize(
    "words",
    [["--list", "--older-than", "9"], ["--list", "--yes"], ["--older-than", "9", "."],
     ["--list", "."]],
)  # fmt: skip
def test_words_that_do_not_fit_together_are_refused(words: list[str]) -> None:
    make("sysroot", "old", days_ago=1000)
    with pytest.raises(UsageError):
        run(*words)
    assert cache.find("sysroot", "old")


def test_the_list_tells_sizes_by_kind_and_when_each_was_used() -> None:
    make("sysroot", "a", days_ago=3, size=300_000)
    make("sysroot", "b", days_ago=30)
    make("bindings", "c", days_ago=5)
    document = json.loads(run("--list", "--json"))
    assert [kind["kind"] for kind in document["kinds"]] == ["sysroot", "bindings"]
    sysroots = document["kinds"][0]
    assert [entry["name"] for entry in sysroots["entries"]] == ["a", "b"]
    assert 400_000 <= sysroots["size"] == sum(entry["size"] for entry in sysroots["entries"])
    assert sysroots["last_use"] == pytest.approx(time.time() - 3 * _DAY, abs=60)
    assert document["size"] >= 500_000
    rows = [line.split() for line in run("--list").splitlines()]
    day = time.strftime("%Y-%m-%d", time.localtime(sysroots["last_use"]))
    assert rows[1][:2] == ["sysroot", "2"]
    assert rows[1][-1] == day
    assert rows[-1][:2] == [f"{document['size'] / 1e6:.1f}", "MB"]
    assert cache.find("bindings", "c")


def test_an_empty_cache_has_an_empty_list(place: Path) -> None:
    assert json.loads(run("--list", "--json"))["kinds"] == []
    assert run("--list") == f"0.0 MB in {place}\n"
    assert not place.exists()


def test_a_folder_that_is_no_cache_is_neither_listed_nor_cleaned(place: Path) -> None:
    (place / "sysroot" / "thesis").mkdir(parents=True)
    (place / "sysroot" / "thesis" / ".done").touch()
    for words in (["--list"], ["--older-than", "1"]):
        with pytest.raises(StorageError, match=r"no CACHEDIR\.TAG"):
            run(*words)
