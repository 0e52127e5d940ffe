"""`rkmbuild kernel prepare`: sidecars ahead of a build, of which source, and for other machines."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.base import paths
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import rustc_probe
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar
from rkmbuild.toolchain import rust, rust_places
from tests import upstream_sources
from tests.cli import complaints, rkmbuild

pytestmark = pytest.mark.together


def _shown(*args: str | Path) -> dict[str, Any]:
    done = rkmbuild("kernel", *args, "--json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _refused(*args: str | Path) -> str:
    done = rkmbuild("kernel", "prepare", *args)
    assert done.returncode == 4, done.stderr
    assert not done.stdout
    return done.stderr


def test_what_is_there_is_not_made_again(kernel_7_3: KernelTree, upstream_7_3: Sidecar) -> None:
    assert _shown("prepare", kernel_7_3.release) == {"schema": 1} | upstream_7_3.document()
    done = rkmbuild("kernel", "prepare", kernel_7_3.release)
    assert done.stderr.split()[:2] == ["Fresh", kernel_7_3.release]


def test_a_kernel_is_shown_with_the_way_to_link(
    kernel_6_1: KernelTree, kernel_7_3: KernelTree, upstream_7_3: Sidecar, tmp_path: Path
) -> None:
    said = _shown("show", kernel_7_3.release)["upstream"]
    assert said == {"way": "own", "why": upstream_7_3.why, "sidecar": str(upstream_7_3.folder)}
    said = _shown("show", kernel_6_1.release)["upstream"]
    assert (said["way"], said["sidecar"]) == (None, None)
    assert "one old rustc alone" in said["why"]

    # With an empty cache of sidecars it is foretold.
    (tmp_path / "kernel").symlink_to(paths.cache_dir() / "kernel")
    elsewhere = {"RKMBUILD_CACHE_DIR": str(tmp_path)}
    done = rkmbuild("kernel", "show", kernel_7_3.release, env=elsewhere)
    assert "upstream API own, not made yet: " in done.stdout
    assert "exports its own Rust, made by rustc 1.85.1" in done.stdout


def test_a_kernel_whose_source_is_too_old_is_refused(kernel_6_1: KernelTree) -> None:
    said = _refused(kernel_6_1.release)
    assert "one old rustc alone" in said
    assert "help: the portable API is there for every kernel" in said


def test_another_source_is_refused(
    kernel_7_3: KernelTree, source_6_12: Path, tmp_path: Path
) -> None:
    said = _refused(kernel_7_3.release, "--source", source_6_12)
    version = kernel_7_3.version
    assert f"{source_6_12} is the source of 6.12." in said
    assert f"the headers of {kernel_7_3.release} are of {version}" in said
    assert f"help: get the source of {version}, of Debian the package linux-source-7.3" in said
    assert "--allow-mismatch" not in said, "it is of another series"

    assert "is neither a folder nor an archive" in _refused(
        kernel_7_3.release, "--source", tmp_path / "none"
    )
    (tmp_path / "text").write_text("no archive\n")
    assert "is no archive that can be read" in _refused(
        kernel_7_3.release, "--source", tmp_path / "text"
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_source_of_the_users_is_as_good(
    kernel_7_3: KernelTree, upstream_7_3: Sidecar, source_7_3: Path, tmp_path: Path
) -> None:
    own = tmp_path / "linux"
    shutil.copytree(source_7_3, own, symlinks=True)
    with (own / "rust/kernel/lib.rs").open("a") as file:
        file.write("\n// Another text, of the same meaning.\n")
    document = _shown("prepare", kernel_7_3.release, "--source", own)
    assert document["folder"] != str(upstream_7_3.folder)
    assert (document["way"], document["source"]) == ("own", str(kernel_7_3.version))
    assert not (own / "rust/bindings/bindings_generated.rs").exists(), "a copy was built in"
    shutil.rmtree(document["folder"])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_sidecar_goes_to_another_machine(
    kernel_7_3: KernelTree, upstream_7_3: Sidecar, tmp_path: Path
) -> None:
    archive = tmp_path / "cache.tar.gz"
    done = rkmbuild("cache", "export", archive, "--what", f"sidecar/{upstream_7_3.folder.name}")
    assert done.returncode == 0, done.stderr
    other = tmp_path / "other"
    elsewhere = {"RKMBUILD_CACHE_DIR": str(other)}
    done = rkmbuild("cache", "import", archive, env=elsewhere)
    assert done.returncode == 0, done.stderr
    (other / "kernel").symlink_to(paths.cache_dir() / "kernel")

    done = rkmbuild("kernel", "show", kernel_7_3.release, "--json", env=elsewhere)
    sidecar = json.loads(done.stdout)["upstream"]["sidecar"]
    assert Path(sidecar).is_relative_to(other)
    file = upstream_sources.one_file(tmp_path / "source")
    command = ("build", file, "--kernel", kernel_7_3.release)
    done = rkmbuild(*command, env=elsewhere)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    file.touch()
    assert f"rustc: {other}/rust-toolchain/" in rkmbuild(*command, "-v", env=elsewhere).stderr


def test_the_crate_core_is_named_by_every_rustc_that_is_here() -> None:
    found = [each for each in map(rust.look_at, rust_places.all_places()) if each.rust]
    assert found
    for each in found:
        assert each.rust is not None
        assert re.fullmatch(r"s\w*_", rustc_probe.given(each.rust.rustc)), each.rust.verbose
