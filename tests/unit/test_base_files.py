"""One way to write a file whole, and one lock, for runs and threads that are at it at once."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rkmbuild.base import files, locks


def test_two_writers_at_once_leave_one_of_the_two_texts_whole(tmp_path: Path) -> None:
    place = tmp_path / "results.xml"
    both = threading.Barrier(2)

    def write(letter: str) -> None:
        with files.replacing(place) as draft:
            draft.write_text(letter * 1000)
            both.wait(timeout=10)  # each has written, and neither is done
            draft.write_text(letter * 100_000)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, letter) for letter in "ab"]:
            done.result()
    text = place.read_text()
    assert text in ("a" * 100_000, "b" * 100_000)
    assert list(tmp_path.iterdir()) == [place]


def test_a_writer_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    place = tmp_path / "state.json"
    files.write(place, "before")

    def cut_off() -> None:
        with files.replacing(place) as draft:
            draft.write_text("ha")
            raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        cut_off()
    assert place.read_text() == "before"
    assert list(tmp_path.iterdir()) == [place]


def test_a_written_file_is_as_open_as_any_other(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write(tmp_path / "f", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o640


def test_the_same_text_leaves_the_file_its_time(tmp_path: Path) -> None:
    place = tmp_path / "hello.h"
    place.write_text("int f(void);\n")
    os.utime(place, (1, 1))
    was = files.stamp(place)
    for text, same in (("int f(void);\n", True), ("int g(void);\n", False)):
        with files.replacing(place, unless_same=True) as draft:
            draft.write_text(text)
        assert (files.stamp(place) == was) is same
        assert place.read_text() == text
    assert list(tmp_path.iterdir()) == [place]


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    place = tmp_path / ("ä" * 127)
    files.write(place, "x")
    assert place.read_text() == "x"


def test_a_lock_keeps_the_other_one_out_and_tells_it_that_it_waits(tmp_path: Path) -> None:
    file = tmp_path / "made" / "x.lock"
    waits, order = threading.Event(), []

    def second() -> None:
        with locks.held(file, waiting=waits.set):
            order.append("second")

    with locks.held(file):
        other = threading.Thread(target=second)
        other.start()
        assert waits.wait(timeout=10)
        order.append("first")
    other.join(timeout=10)
    assert order == ["first", "second"]


def test_a_lock_that_was_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    """Two that waited for the file that `clean` took away must not both have it."""
    file = tmp_path / "x.lock"
    inside, most = 0, 0
    counting = threading.Lock()
    waits = threading.Semaphore(0)

    def work() -> None:
        nonlocal inside, most
        with locks.held(file, waiting=waits.release):
            with counting:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with counting:
                inside -= 1

    with ThreadPoolExecutor(3) as pool:
        with locks.held(file):
            done = [pool.submit(work) for _ in range(2)]
            assert all(waits.acquire(timeout=10) for _ in range(2))
            file.unlink()
            done.append(pool.submit(work))
        for each in done:
            each.result()
    assert most == 1
    with locks.held(file) as lock:
        assert os.path.samestat(os.fstat(lock), file.stat())
