"""Unit tests decide without starting a process: one that tries fails."""

import subprocess
from typing import NoReturn

import pytest

from rkmbuild.base import console, process


@pytest.fixture(autouse=True)
def fresh_console() -> None:
    """A command that another test ran in this process may have asked for quiet, or for JSON."""
    console.configure()


@pytest.fixture(autouse=True)
def no_kernels_of_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Which kernels the user of this machine has added is nothing to a test."""
    monkeypatch.setenv("RKMBUILD_STATE_DIR", str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture(autouse=True)
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(command: object, *_: object, **__: object) -> NoReturn:
        pytest.fail(f"a unit test started a process: {command}")

    def refuse_as_method(_self: object, command: object, *_: object, **__: object) -> NoReturn:
        refuse(command)

    monkeypatch.setattr(process, "popen", refuse)
    # The constructor and not the class: annotations subscript the class.
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse_as_method)
