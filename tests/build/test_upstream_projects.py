"""Projects on the upstream API that cannot be built: each is told why."""

import shutil
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar
from tests import projects, upstream_static
from tests.cli import rkmbuild

UPSTREAM = '\n[package.metadata.rkmbuild]\napi = "upstream"\n'


@pytest.mark.usefixtures("upstream_7_3")
@pytest.mark.parametrize(
    ("crate", "said", "instead"),
    [
        (
            'hashbrown = { version = "0.15", default-features = false }',
            "has `core` alone, and sample -> hashbrown needs alloc",
            "KVec",
        ),
        (
            'serde = { version = "1", default-features = false }',
            "nor reads numbers with a point, and sample -> serde -> serde_core wants that of it",
            "the portable API has a `core` that does",
        ),
    ],
)
def test_a_crate_that_the_kernels_core_is_too_little_for_is_named_with_what_does(
    crate: str, said: str, instead: str, tmp_path: Path, kernel_7_3: KernelTree
) -> None:
    manifest = f"\n[dependencies]\n{crate}\n{UPSTREAM}"
    root = projects.make(tmp_path / "sample", manifest=manifest)
    done = rkmbuild("build", root, "--kernel", kernel_7_3.release)
    assert done.returncode == 6, done.stderr
    assert said in done.stderr
    assert instead in done.stderr
    assert "`kernel` is the crate" not in done.stderr


def test_an_older_kernel_is_refused_before_anything_is_built(
    kernel_6_1: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "sample", manifest=UPSTREAM)
    done = rkmbuild("build", root, "--kernel", kernel_6_1.release)
    assert done.returncode == 4, done.stderr
    assert "for one rustc alone (that of 6.1 for 1.62)" in done.stderr
    assert 'api = "portable"' in done.stderr
    assert "Compiling" not in done.stderr


def test_the_plan_says_what_is_asked_of_rustc_and_of_cargo(
    kernel_7_3: KernelTree, upstream_7_3: Sidecar, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "sample", manifest=UPSTREAM)
    done = rkmbuild("build", root, "--kernel", kernel_7_3.release, "--plan", "--json")
    assert done.returncode == 0, done.stderr
    assert str(upstream_7_3.folder) in done.stdout
    # What Debian's kernel is configured to, as its own makefiles say it.
    for said in ("-Zfunction-return=thunk-extern", "-Zcf-protection=branch", "overflow-checks"):
        assert said in done.stdout


@pytest.mark.usefixtures("upstream_6_12")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "unexported",
            ("does not export what the module uses: find_vm_area", "find_vm_area: used by "),
        ),
        ("unproved", ("`build_assert!` or `build_error!` may fail", "used by ")),
    ],
)
def test_what_a_kernel_without_rust_cannot_give_is_refused_by_name(
    name: str, said: tuple[str, ...], tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    root = projects.make(tmp_path / name, name, manifest=UPSTREAM)
    shutil.copyfile(upstream_static.ours(name), root / "src/lib.rs")
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 6, done.stderr
    assert [each for each in said if each not in done.stderr] == []
    assert "modpost" not in done.stderr
    assert not list(root.rglob("*.ko"))
