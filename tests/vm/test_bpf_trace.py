"""The example with functions for BPF programs: programs call them in kernels, well and badly."""

import json
from pathlib import Path

from tests import matrix
from tests.cli import complaints, rkmbuild

EXAMPLE = Path(__file__).parents[2] / "examples" / "bpf_trace"


def test_programs_call_what_the_example_has_in_each_kernel() -> None:
    releases = [matrix.get(tested).release for tested in matrix.ALWAYS]
    done = rkmbuild("test", EXAMPLE, "--json", *(f"--kernel={release}" for release in releases))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
    tested = json.loads(done.stdout)["kernels"]
    assert [kernel["release"] for kernel in tested] == releases
    for kernel in tested:
        tests = kernel["tests"]
        assert {test["status"] for test in tests} == {"passed"}, tests
        assert not [test["troubles"] for test in tests if test["troubles"]]
