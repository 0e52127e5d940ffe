"""Which file with debug information is taken for a module of a log."""

from pathlib import Path

import pytest

from rkmbuild.trace.search import Candidate, Search, in_project
from tests.unit.test_trace_debugfile import BUILD_ID, made

_6_1, _6_12 = "6.1.0-1-cloud-amd64", "6.12.1-cloud-amd64"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that was built for two kernels."""
    for release in (_6_1, _6_12):
        folder = tmp_path / "target" / "rkmbuild" / release
        folder.mkdir(parents=True)
        (folder / "tiny.ko.debug").write_bytes(bytes(made()))
    (tmp_path / "src").mkdir()
    return tmp_path


def search(project: Path, release: str = "") -> Search:
    return Search(in_project(project / "src"), loaded=False, release=release)


def test_the_project_around_a_folder_is_searched(project: Path) -> None:
    found = [(candidate.name, candidate.release) for candidate in in_project(project / "src")]
    assert found == [("tiny", _6_1), ("tiny", _6_12)]
    assert list(in_project(Path("/"))) == []


def test_the_kernel_of_the_log_decides(project: Path) -> None:
    for release in (_6_1, _6_12):
        found = search(project).find("tiny", "", release)
        assert found.debug
        assert found.debug.path.parent.name == release
        assert found.matched == "name"


def test_the_kernel_can_be_named_where_the_log_does_not(project: Path) -> None:
    found = search(project, release="6.12").find("tiny", "", "")
    assert found.debug
    assert found.debug.path.parent.name == _6_12


def test_one_of_another_kernel_is_not_taken(project: Path) -> None:
    found = search(project).find("tiny", "", "7.2.0")
    assert found.debug is None
    assert "the log is of 7.2.0" in found.problem


def test_the_build_id_decides_where_the_log_has_one(project: Path) -> None:
    found = search(project).find("tiny", BUILD_ID.hex(), "7.2.0")
    assert found.debug
    assert found.matched == "build-id"
    other = search(project).find("tiny", "00" * 20, _6_12)
    assert other.debug is None
    assert "another build" in other.problem


def test_a_build_id_that_the_kernel_told_otherwise_counts_as_well(project: Path) -> None:
    known = Search(in_project(project), loaded=False, known=lambda name: f"{name}?")
    assert known.find("tiny", "", _6_12).debug is None
    known = Search(in_project(project), loaded=False, known=lambda _: BUILD_ID.hex())
    assert known.find("tiny", "", _6_12).matched == "build-id"


def test_a_module_without_debug_information_says_so(project: Path) -> None:
    assert "was not found" in search(project).find("ext4", "", _6_12).problem


def test_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    file = tmp_path / "bad.ko.debug"
    file.write_bytes(b"no")
    found = Search([Candidate("bad", file, "")], loaded=False).find("bad", "", "")
    assert "cannot be read" in found.problem
