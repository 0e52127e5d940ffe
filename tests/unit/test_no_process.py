"""The guard that keeps unit tests free of processes does its work."""

import subprocess
import sys

import pytest

from rkmbuild import runner


def test_a_unit_test_cannot_start_a_process() -> None:
    with pytest.raises(pytest.fail.Exception, match="a unit test started a process"):
        runner.run([sys.executable, "-V"], doing="trying")
    with pytest.raises(pytest.fail.Exception, match="a unit test started a process"):
        subprocess.run([sys.executable, "-V"], check=False)
