"""A wheel, installed into an empty environment elsewhere, works as the checkout does."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.kernel.tree import KernelTree
from scripts import release
from tests.cli import rkmbuild, warnings

_ROOT = Path(__file__).parents[2]
# What a user's shell would not have either.
_CLEAN = ("PYTHONPATH", "VIRTUAL_ENV", "RKMBUILD_CACHE_DIR")


def _run(command: list[str | Path], cwd: Path, **env: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in _CLEAN}
    done = subprocess.run(
        command, cwd=cwd, env=clean | env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not warnings(done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What would be published: the source distribution, and the wheel that is built from it."""
    return release.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(distributions: tuple[Path, Path]) -> Path:
    return distributions[1]


def test_an_index_would_take_both_distributions(distributions: tuple[Path, Path]) -> None:
    release.check_metadata(*distributions)


def test_the_wheel_carries_what_the_checkout_has_and_nothing_that_was_built(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("rkmbuild", "templates", "targets", "patches", "crates", "examples"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", folder], cwd=_ROOT, capture_output=True, text=True, check=True
        ).stdout.split("\0")
        below = "" if folder == "rkmbuild" else "rkmbuild/data/"
        assert {f"{below}{name}" for name in listed if name} <= names
    assert not [name for name in names if "/target/" in name or "__pycache__" in name]
    licenses = {name.rpartition("/")[2] for name in names if "dist-info/licenses/" in name}
    assert licenses == {"LICENSE", "LICENSE-0BSD"}
    assert [name for name in names if name.endswith("/share/man/man1/rkmbuild.1")]


def test_an_installed_wheel_makes_and_builds_a_project(
    wheel: Path, kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    _run([sys.executable, "-m", "venv", "env"], tmp_path)
    tool = tmp_path / "env" / "bin" / "rkmbuild"
    _run([tmp_path / "env/bin/python", "-m", "pip", "install", "--quiet", wheel], tmp_path)

    project = tmp_path / "some-module"
    _run([tool, "new", project, "--author", ""], tmp_path)
    by_checkout = rkmbuild("build", project, "--kernel", kernel_6_12.release, "--json")
    assert by_checkout.returncode == 0, by_checkout.stderr
    size = json.loads(by_checkout.stdout)["size"]

    # Sysroot and kernel are shared; all that comes from the wheel's own folders is made anew.
    cache = tmp_path / "cache"
    cache.mkdir()
    for kind in ("sysroot", "kernel"):
        (cache / kind).symlink_to(paths.cache_dir() / kind)
    build: list[str | Path] = [tool, "build", project, "--kernel", kernel_6_12.release, "--json"]
    said = json.loads(_run(build, tmp_path, RKMBUILD_CACHE_DIR=str(cache)))
    assert not said["fresh"]
    assert {stage["name"] for stage in said["stages"]} >= {"bindings", "kernel-crate", "crate"}
    # The paths in panic messages are those of another folder.
    assert said["size"] == pytest.approx(size, rel=0.02)
    assert str(_ROOT).encode() not in Path(said["module"]).read_bytes()
