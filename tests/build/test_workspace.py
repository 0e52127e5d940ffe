"""A workspace of modules: shared, local and git packages, build scripts, features, profiles."""

import json
import subprocess
from pathlib import Path

import pytest

from rkmbuild.base import search_path
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import modinfo
from rkmbuild.toolchain import rust
from tests import projects
from tests.build.test_toolchain_missing import without
from tests.cli import complaints, rkmbuild

# kbuild works in no folder with a space in its name: it sees the C files there under another one.
COUNTER = "the counter"
# An overflow that is a panic, in release: only the workspace's profile says so.
WORKSPACE = """\
[workspace]
members = ["the counter", "reader", "shared"]
resolver = "2"

[profile.release]
overflow-checks = true
"""
SHARED = """\
#![no_std]
#[cfg(CONFIG_NOT_IN_ANY_KERNEL)]
compile_error!("no such option");
#[cfg(feature = "loud")]
pub const MARK: &str = "loud shared mark";
#[cfg(not(feature = "loud"))]
pub const MARK: &str = "quiet shared mark";
pub fn next(number: u32) -> u32 { number + 1 }
"""
COUNTER_MANIFEST = """
[features]
loud = ["shared/loud"]

[dependencies]
shared = { path = "../shared" }

[package.metadata.rkmbuild]
c-sources = ["src/shim.c"]
"""
READER_MANIFEST = """
[dependencies]
shared = { path = "../shared" }
from_git = %s

[package.metadata.rkmbuild]
depends = ["counter"]
"""
SHIM = """\
#include <linux/export.h>
#include "shim.h"
int counter_now(void) { return 3; }
EXPORT_SYMBOL_GPL(counter_now);
"""
READS = """
        unsafe extern "C" { fn counter_now() -> i32; }
        // SAFETY: It has no preconditions.
        let now = unsafe { counter_now() };
        pr_info!("{} {} {} {}\\n", now, shared::next(now as u32), shared::MARK, from_git::built());
"""
BUILD_SCRIPT = """\
fn main() {
    println!("cargo:rustc-env=BUILT=by a build script");
}
"""
FROM_GIT = '#![no_std]\npub fn built() -> &\'static str { env!("BUILT") }\n'


def _git_works() -> bool:
    """Whether a cargo is there that can fetch from git; Debian's cannot.

    Neither can rustup's where this user has no toolchain of it.
    """
    for cargo in search_path.every(r"cargo(-[\d.]+)?"):
        linked = subprocess.run(["ldd", cargo], capture_output=True, text=True, check=False)
        runs = subprocess.run([cargo, "--version"], capture_output=True, check=False)
        if "libgit2" not in linked.stdout and runs.returncode == 0:
            return True
    return False


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    git = tmp_path / "git"
    _library(git, "from_git", FROM_GIT)
    (git / "build.rs").write_text(BUILD_SCRIPT)
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "First"]):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", git, *who, *words], check=True)
    dependency = f'{{ git = "file://{git}" }}' if _git_works() else f'{{ path = "{git}" }}'
    root = tmp_path / "ws"
    projects.make(
        root / COUNTER,
        "counter",
        manifest=COUNTER_MANIFEST,
        body='pr_info!("{}\\n", shared::MARK);',
    )
    (root / COUNTER / "src" / "shim.c").write_text(SHIM)
    (root / COUNTER / "src" / "shim.h").write_text("int counter_now(void);\n")
    projects.make(root / "reader", "reader", manifest=READER_MANIFEST % dependency, body=READS)
    _library(root / "shared", "shared", SHARED, more="\n[features]\nloud = []\n")
    (root / "Cargo.toml").write_text(WORKSPACE)
    return root


def _library(root: Path, name: str, source: str, more: str = "") -> None:
    (root / "src").mkdir(parents=True)
    manifest = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}'
    (root / "Cargo.toml").write_text(manifest)
    (root / "src" / "lib.rs").write_text(source)


def test_modules_are_built_in_order_and_link_to_each_other(
    workspace: Path, kernel_6_12: KernelTree
) -> None:
    options = ("--kernel", kernel_6_12.release)
    done = rkmbuild("build", workspace, *options, "--json")
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    built = json.loads(done.stdout)["modules"]
    assert [each["name"] for each in built] == ["counter", "reader"]
    assert done.stderr.count("Compiling shared") == 1
    reader = Path(built[1]["module"])
    assert modinfo.read(reader).depends == ("counter",)
    content = reader.read_bytes()
    assert b"by a build script" in content
    assert b"panic_const_add_overflow" in content

    again = rkmbuild("build", workspace, *options)
    assert again.stderr.count("Fresh") == 2
    (workspace / COUNTER / "src" / "shim.h").write_text("int counter_now(void); // that is all\n")
    again = rkmbuild("build", workspace, *options, "-p", "counter")
    assert again.returncode == 0, again.stderr
    assert "Fresh" not in again.stderr
    # What the shared package is made of counts for both, what a module exports for the other one.
    shared = workspace / "shared" / "src" / "lib.rs"
    shared.write_text(shared.read_text().replace("quiet shared", "silent shared"))
    done = rkmbuild("build", workspace, *options, "-p", "reader", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "reader"
    assert b"silent shared mark" in reader.read_bytes()

    done = rkmbuild("build", workspace, *options, "--features", "counter/loud", "--json")
    counter, reader_again = json.loads(done.stdout)["modules"]
    assert b"loud shared mark" in Path(counter["module"]).read_bytes()
    assert reader_again["fresh"]


def test_a_git_dependency_that_no_cargo_can_fetch_is_told_with_a_way_out(
    workspace: Path, kernel_6_12: KernelTree
) -> None:
    chosen, _ = rust.choose()
    others = [cargo for cargo in search_path.every(r"cargo(-[\d.]+)?") if cargo != chosen.cargo]
    manifest = f'[dependencies]\nfrom_git = {{ git = "file://{workspace.parent}/git" }}\n'
    trial = projects.make(workspace.parent / "trial", manifest=manifest)
    if subprocess.run([chosen.cargo, "fetch"], cwd=trial, check=False).returncode == 0:
        pytest.skip("the cargo that is chosen can fetch by itself")
    body = 'pr_info!("{}\\n", from_git::built());'
    root = projects.make(workspace.parent / "p", manifest=manifest, body=body)
    done = without(others, "build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 6
    assert "cannot fetch from git: it was built for another libgit2" in done.stderr
    assert "to a clone or a submodule" in done.stderr


def test_a_circle_of_modules_and_an_unknown_package_are_refused(
    workspace: Path, kernel_6_12: KernelTree
) -> None:
    options = ("--kernel", kernel_6_12.release)
    done = rkmbuild("build", workspace, *options, "-p", "raeder")
    assert (done.returncode, done.stderr.count("did you mean `reader`?")) == (2, 1)
    manifest = workspace / COUNTER / "Cargo.toml"
    manifest.write_text(manifest.read_text() + 'depends = ["reader"]\n')
    done = rkmbuild("build", workspace, *options)
    assert done.returncode == 3
    assert "counter -> reader -> counter" in done.stderr
