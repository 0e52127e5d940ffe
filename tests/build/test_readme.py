"""The README's commands, run as it shows them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import matrix, projects
from tests.cli import complaints, rkmbuild, warnings
from tests.vm import host_steps

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text()


def _blocks(kind: str) -> list[str]:
    """Return the code blocks whose fence says `kind`."""
    return re.findall(rf"^```{kind}\n(.*?)^```", _README, re.MULTILINE | re.DOTALL)


def _in_a_shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-eux", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_block_of_commands_is_run_by_some_test() -> None:
    kinds = set(re.findall(r"^```(\w.*)$", _README, re.MULTILINE))
    assert kinds == {"sh", "sh tour", "sh host", "rust", "text"}
    assert _blocks("sh") == ["./bootstrap demo\n", "./bootstrap test\n"]


@pytest.mark.vm
def test_the_tour_goes_as_it_is_told(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    # Other tests may have fetched more kernels of the series that the page names.
    script = "\n".join(_blocks("sh tour")).replace(
        "--kernel 6.12", f"--kernel {kernel_6_12.release}"
    )
    done = _in_a_shell(script, tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not warnings(said)
    for expected in (
        "Created",
        "greeter.ko",
        "would load it",
        "test result: ok",
        "Hello kernel module!",
        "Goodbye",
    ):
        assert expected in said
    assert not (tmp_path / "greeter" / "target" / "rkmbuild").exists()


def test_each_command_for_the_machine_itself_is_a_step_of_the_booted_host() -> None:
    steps = [step for name in matrix.NAMES for step in host_steps.steps(name)]
    tested = {
        step.tool[0]: {
            word for other in steps if other.tool[:1] == step.tool[:1] for word in other.tool
        }
        for step in steps
        if step.tool
    }
    lines = [line.split() for block in _blocks("sh host") for line in block.splitlines()]
    assert lines
    for tool, command, *words in lines:
        assert tool == "rkmbuild"
        assert {word for word in words if word.startswith("-")} <= tested[command]


def test_the_module_that_is_shown_builds(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    (source,) = _blocks("rust")
    root = projects.make(tmp_path / "greeter", "greeter")
    (root / "src" / "lib.rs").write_text(source)
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)


@pytest.mark.vm
def test_the_demonstration_prints_what_the_page_shows(kernel_6_12: KernelTree) -> None:
    script = (_ROOT / "bootstrap").read_text()
    assert "exec .venv/bin/rkmbuild demo" in script
    assert "exec ./bootstrap test" in (_ROOT / ".ci" / "run").read_text()
    # Where a newer one was fetched, it takes that; the page shows this one.
    done = rkmbuild("demo", "--kernel", kernel_6_12.release)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    (shown,) = _blocks("text")
    for line in shown.splitlines():
        assert re.search(_pattern(line.strip()), said), line


def _pattern(line: str) -> str:
    """Match a line whatever its numbers are, and whatever virtualisation the machine has."""
    plain = re.sub(r"\((kvm|tcg): .*\)", "(", line)
    escaped = re.sub(r"([][().+*?|^${}\\])", r"\\\1", plain)
    return re.sub(r"\d+", r"\\d+", re.sub(r"\s+", r"\\s+", escaped))
