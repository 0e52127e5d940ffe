"""What processes get of our environment, and that a unit test starts none."""

import subprocess
import sys

import pytest

from rkmbuild.base import process
from rkmbuild.base.tool_environment import tool_environment


def test_a_unit_test_cannot_start_a_process() -> None:
    with pytest.raises(pytest.fail.Exception, match="a unit test started a process"):
        process.run([sys.executable, "-V"], doing="trying")
    with pytest.raises(pytest.fail.Exception, match="a unit test started a process"):
        subprocess.run([sys.executable, "-V"], check=False)


def test_what_cargo_is_told_of_registries_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = {"CARGO_REGISTRIES_OURS_INDEX": "sparse+https://x/", "CARGO_NET_RETRY": "9"}
    for name, value in (passed | {"CARGO_BUILD_TARGET": "x", "RUSTFLAGS": "-Cx"}).items():
        monkeypatch.setenv(name, value)
    env = tool_environment()
    assert passed.items() <= env.items()
    assert not {"CARGO_BUILD_TARGET", "RUSTFLAGS"} & env.keys()
