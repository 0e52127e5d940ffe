"""What programs answered is remembered as long as it holds."""

import os
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.toolchain.remembered import remembered


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("RKMBUILD_STATE_DIR", str(folder))
    return folder


class Tool:
    """A file that is asked, and how often it was."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tool"
        self.path.write_text("one")
        self.asked = 0

    def answer(self) -> dict[str, Any]:
        self.asked += 1
        return {"asked": self.asked}


def test_a_question_is_asked_once(tmp_path: Path) -> None:
    tool = Tool(tmp_path)
    for _ in range(3):
        assert remembered("version", [tool.path], tool.answer) == {"asked": 1}


def test_a_changed_file_is_asked_again(tmp_path: Path) -> None:
    tool = Tool(tmp_path)
    remembered("version", [tool.path], tool.answer)
    tool.path.write_text("three")
    assert remembered("version", [tool.path], tool.answer) == {"asked": 2}
    os.utime(tool.path, (1, 1))
    assert remembered("version", [tool.path], tool.answer) == {"asked": 3}


def test_another_question_has_its_own_answer(tmp_path: Path) -> None:
    tool = Tool(tmp_path)
    remembered("version", [tool.path], tool.answer)
    assert remembered("machines", [tool.path], tool.answer) == {"asked": 2}


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    tool = Tool(tmp_path)

    def fail() -> dict[str, Any]:
        raise ToolchainError("a shared library is missing")

    with pytest.raises(ToolchainError):
        remembered("version", [tool.path], fail)
    assert remembered("version", [tool.path], tool.answer) == {"asked": 1}


def test_a_broken_state_file_is_no_answer(tmp_path: Path, state: Path) -> None:
    tool = Tool(tmp_path)
    remembered("version", [tool.path], tool.answer)
    (kept,) = (state / "answers").iterdir()
    kept.write_text('{"asked"')
    assert remembered("version", [tool.path], tool.answer) == {"asked": 2}


def test_a_state_folder_that_cannot_be_written_costs_time_and_nothing_else(
    tmp_path: Path, state: Path
) -> None:
    tool = Tool(tmp_path)
    state.write_text("a file in the way")
    assert remembered("version", [tool.path], tool.answer) == {"asked": 1}
    assert remembered("version", [tool.path], tool.answer) == {"asked": 2}
