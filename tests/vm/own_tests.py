"""A project's own tests, run as its author runs them, on every kernel that is always tested."""

import json
from pathlib import Path
from typing import Any

from tests import matrix
from tests.cli import complaints, rkmbuild

# Seconds for a test: the usual limit is for a machine that does nothing else.
_PATIENCE = 150


def passed(root: Path) -> list[dict[str, Any]]:
    """Return what `rkmbuild test` says of a project's modules; each test has passed, silently.

    Nothing but what the kernel says of every module from outside its tree is in the log.
    """
    releases = [matrix.get(tested).release for tested in matrix.ALWAYS]
    kernels = (f"--kernel={release}" for release in releases)
    done = rkmbuild("test", root, "--json", f"--timeout={_PATIENCE}", *kernels)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
    document = json.loads(done.stdout)
    modules: list[dict[str, Any]] = document.get("modules", [document])
    for module in modules:
        assert [kernel["release"] for kernel in module["kernels"]] == releases
        for kernel in module["kernels"]:
            tests = kernel["tests"]
            assert {test["status"] for test in tests} == {"passed"}, tests
            assert not [test["troubles"] for test in tests if test["troubles"]]
    return modules
