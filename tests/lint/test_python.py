"""ruff and mypy find nothing, and each room of the package knows only of those below it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.kernel_crates import ROOT, check

_LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def test_ruff_finds_nothing() -> None:
    check(sys.executable, "-m", "ruff", "check", "--no-cache")


def test_python_is_formatted() -> None:
    check(sys.executable, "-m", "ruff", "format", "--check", "--no-cache")


def test_mypy_finds_nothing() -> None:
    check(sys.executable, "-m", "mypy")


def test_each_room_knows_only_of_those_below_it() -> None:
    check(_LINT_IMPORTS, "--no-logo", "--no-cache")


def test_imports_for_types_and_inside_functions_count_as_well(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "rkmbuild"
    shutil.copytree(ROOT / "rkmbuild", package, ignore=shutil.ignore_patterns("__pycache__"))
    for_types = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rkmbuild import host\n"
    )
    (package / "guest" / "for_types.py").write_text(for_types)
    (package / "base" / "inside.py").write_text("def late():\n    from rkmbuild import kernel\n")
    done = subprocess.run(
        [_LINT_IMPORTS, "--no-logo", "--no-cache"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    broken = re.findall(r"^- (\S+) -> (\S+)", done.stdout, re.MULTILINE)
    assert set(broken) == {
        ("rkmbuild.guest.for_types", "rkmbuild.host"),
        ("rkmbuild.base.inside", "rkmbuild.kernel"),
    }
