"""A module in one file, on Rust for Linux's own `kernel` crate, loaded by the kernel."""

import json
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import upstream_sources
from tests.cli import rkmbuild


@pytest.mark.usefixtures("upstream_7_3")
def test_one_file_is_built_and_run(tmp_path: Path, kernel_7_3: KernelTree) -> None:
    file = upstream_sources.one_file(tmp_path / "source")
    done = rkmbuild("run", file, "--kernel", kernel_7_3.release, "--json", "--timeout", "60")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["verdict"], document["release"]) == ("clean", kernel_7_3.release)
    said = [message["text"] for message in document["messages"]]
    assert "lonely_file: loaded with [3, 5, 7]" in said
    assert "lonely_file: unloaded, sum 15" in said


@pytest.mark.usefixtures("upstream_7_3")
def test_a_module_that_needs_another_of_its_folder_is_run_with_it(
    tmp_path: Path, kernel_7_3: KernelTree
) -> None:
    folder = upstream_sources.of_two(tmp_path / "source")
    done = rkmbuild("run", folder, "--kernel", kernel_7_3.release, "--json", "--timeout", "60")
    assert done.returncode == 2
    assert "several modules: mixed, plain" in json.loads(done.stdout)["error"]["message"]
    words = ("--package", "plain", "--kernel", kernel_7_3.release, "--json", "--timeout", "60")
    done = rkmbuild("run", folder, *words)
    assert done.returncode == 0, done.stderr
    said = [message["text"] for message in json.loads(done.stdout)["messages"]]
    assert "plain: after 1 comes 3" in said, "which the other one adds up"
