"""What a command loads before it does anything: start-up is a feature, and each module costs it.

Modules are counted, not milliseconds: a busy machine changes those, and hides a new import among
them.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import projects

# Each takes as long to load as all of a command that needs none of them.
_HEAVY = {"elftools", "filelock", "iced_x86", "jinja2", "platformdirs", "pydantic", "tomllib"}
# typer shows help by it.
_HELP = {"rich", "pygments", "markdown_it"}

_RUN = """
import json, sys
sys.argv = ["rkmbuild", *json.loads(sys.argv[1])]
from rkmbuild.__main__ import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def _loaded(*words: str | Path) -> set[str]:
    """Return the modules that a command has loaded at its end."""
    command = [sys.executable, "-c", _RUN, json.dumps([str(word) for word in words])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stderr.splitlines()[-1])
    return set(found)


def _tops(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def _rooms(modules: set[str]) -> set[str]:
    names = (name.split(".") for name in modules)
    return {name[1] for name in names if name[0] == "rkmbuild" and len(name) > 1}


def test_the_version_is_told_by_little_more_than_the_parser() -> None:
    modules = _loaded("--version")
    assert _tops(modules) & (_HEAVY | _HELP) == set()
    assert _rooms(modules) == {"__main__", "base", "cli", "commands", "project"}
    # The words of `ci` name the services.
    assert {name for name in modules if name.startswith("rkmbuild.project.")} == {
        "rkmbuild.project.services"
    }


@pytest.mark.parametrize("words", [["--help"], ["build", "--help"], ["kernel", "fetch", "--help"]])
def test_help_loads_what_shows_it_and_no_room_of_ours(words: list[str]) -> None:
    modules = _loaded(*words)
    assert _tops(modules) & _HEAVY == set()
    assert _rooms(modules) == _rooms(_loaded("--version"))


def test_a_build_with_nothing_to_do_loads_no_part_that_builds(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p")
    build = ("build", root, "--kernel", kernel_6_12.release)
    assert "rkmbuild.pipeline.execute" in _loaded(*build)
    modules = _loaded(*build, "--json")
    # Cargo.toml has to be read, and the cache to be found.
    assert _tops(modules) & (_HEAVY | _HELP) <= {"tomllib", "platformdirs"}
    assert _rooms(modules) == {
        "__main__", "arch", "base", "cli", "commands", "distro", "kernel", "pipeline", "project",
    }  # fmt: skip
    # A kernel is told by the names of its architecture, without all else that is known of one.
    assert "rkmbuild.arch.architectures" not in modules
    building = {"plan", "api", "tools", "execute", "crate", "kbuild", "bindings", "sysroot"}
    assert {f"rkmbuild.pipeline.{name}" for name in building} & modules == set()
