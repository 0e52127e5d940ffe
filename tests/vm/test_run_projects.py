"""`rkmbuild run` and `rkmbuild demo` on projects: built first, then booted."""

import json
import shutil
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import rkmbuild

_EXAMPLE = Path(__file__).parents[2] / "examples" / "hello_world"
_SAID = ("Hello kernel module!", "My message is on the heap!", "Goodbye kernel module!")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return shutil.copytree(
        _EXAMPLE, tmp_path / "hällo-wörld", ignore=shutil.ignore_patterns("target")
    )


def test_the_example_says_its_three_lines(example: Path, kernel: KernelTree) -> None:
    done = rkmbuild("run", example, "--kernel", kernel.release, "--json", "--timeout", "60")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["verdict"], document["release"]) == ("clean", kernel.release)
    texts = [message["text"].removeprefix("hello_world: ") for message in document["messages"]]
    assert [text for text in texts if text in _SAID] == list(_SAID)


def test_a_panic_in_Rust_is_a_crash_with_its_place(  # noqa: N802 - the language's name
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    project = projects.make(
        tmp_path / "sample", body='let none: Option<u8> = None; pr_info!("{}\\n", none.unwrap());'
    )
    done = rkmbuild("run", project, "--kernel", kernel_6_12.release, "--timeout", "60")
    assert done.returncode == 22
    assert "crashed loading `sample`" in done.stderr
    assert "src/lib.rs:" in done.stdout


def test_an_error_in_Rust_refuses_the_module(  # noqa: N802 - the language's name
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    project = projects.make(tmp_path / "sample", body="return Err(ENODEV);")
    done = rkmbuild("run", project, "--kernel", kernel_6_12.release, "--timeout", "60")
    assert done.returncode == 21, done.stderr
    assert "(ENODEV)" in done.stderr


def test_the_demonstration_ends_with_a_clear_word(kernel_6_12: KernelTree) -> None:
    done = rkmbuild("demo", "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stderr
    for line in _SAID:
        assert line in done.stdout
    assert done.stdout.splitlines()[-1].startswith("It works: a module written in Rust ran")
