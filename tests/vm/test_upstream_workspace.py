"""A workspace with a module on each API: a crate for both, symbols from one to the other, C."""

from pathlib import Path

import pytest

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import modinfo
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar
from tests import projects, upstream_static
from tests.cli import complaints, rkmbuild
from tests.vm import crate_guest

pytestmark = pytest.mark.together

WORKSPACE = '[workspace]\nmembers = ["counter", "reader", "shared"]\nresolver = "2"\n'
LIBRARY = '[package]\nname = "shared"\nversion = "0.1.0"\nedition = "2021"\n'
SHARED = """\
//! What both modules use.
#![no_std]

/// The next number.
pub fn next(number: u32) -> u32 {
    number + 1
}
"""
USES = '\n[features]\nloud = []\n\n[dependencies]\nshared = { path = "../shared" }\n'
COUNTS = '\n[package.metadata.rkmbuild]\nc-sources = ["src/shim.c"]\n'
EXPORTS = """\
#include <linux/export.h>

int counter_now(void);

int counter_now(void)
{
	return 7;
}
EXPORT_SYMBOL_GPL(counter_now);
"""
READS = """
[package.metadata.rkmbuild]
api = "upstream"
depends = ["counter"]
c-sources = ["src/sum.c"]
generate-header = "reader_rust.h"
"""
ITEMS = """
extern "C" {
    fn counter_now() -> i32;
    fn reader_sum(limit: u32) -> u32;
}

/// Called from C.
#[no_mangle]
pub extern "C" fn reader_next(number: u32) -> u32 {
    shared::next(number)
}
"""
BODY = """
        // SAFETY: It has no preconditions.
        let now = unsafe { counter_now() };
        // SAFETY: It has no preconditions.
        let sum = unsafe { reader_sum(3) };
        pr_info!("{} {} {}\\n", now, sum, cfg!(feature = "loud"));
"""
SUM = """\
#include <linux/export.h>

#include "reader_rust.h"

uint32_t reader_sum(uint32_t limit);

uint32_t reader_sum(uint32_t limit)
{
	uint32_t sum = 0;

	while (limit--)
		sum += reader_next(limit);
	return sum;
}
EXPORT_SYMBOL_GPL(reader_sum);
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "Cargo.toml").write_text(WORKSPACE)
    (tmp_path / "shared/src").mkdir(parents=True)
    (tmp_path / "shared/Cargo.toml").write_text(LIBRARY)
    (tmp_path / "shared/src/lib.rs").write_text(SHARED)
    body = 'pr_info!("{}\\n", shared::next(1));'
    counter = projects.make(tmp_path / "counter", "counter", body=body, manifest=USES + COUNTS)
    (counter / "src/shim.c").write_text(EXPORTS)
    reader = upstream_static.project(tmp_path / "reader", BODY, before=ITEMS, manifest=USES)
    manifest = reader / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace(upstream_static.UPSTREAM, READS))
    (reader / "src/sum.c").write_text(SUM)
    return tmp_path


@pytest.mark.usefixtures("upstream_6_12")
def test_it_is_built_in_one_go_and_the_modules_are_loaded_one_after_the_other(
    workspace: Path, kernel_6_12: KernelTree
) -> None:
    words = ("--kernel", kernel_6_12.release)
    done = rkmbuild("build", workspace, *words, "--features", "reader/loud")
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr), done.stderr
    place = workspace / "target/rkmbuild" / kernel_6_12.release
    made = {name: place / f"{name}.ko" for name in ("counter", "reader")}
    assert modinfo.read(made["reader"]).depends == ("counter",)
    assert "\treader_sum\t" in (place / "reader.symvers").read_text()
    done = rkmbuild("check", *made.values(), *words)
    assert done.returncode == 0, done.stdout
    script = ("insmod /counter.ko", "insmod /reader.ko", "rmmod reader", "rmmod counter")
    result = crate_guest.run(kernel_6_12, made, script)
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.statuses == (0,) * len(script)
    assert crate_guest.texts(result, 0)[-1] == "counter: 2"
    assert crate_guest.texts(result, 1, 2, 3) == ["reader: 7 6 true"]


def test_verbosity_tells_how_the_crates_code_comes_in_and_failure_whose_crate_it_is(
    tmp_path: Path, kernel_6_12: KernelTree, upstream_6_12: Sidecar
) -> None:
    root = upstream_static.project(tmp_path / "sample", "", before="#[kernel_test]\nfn two() {}")
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, "-v")
    assert done.returncode == 6, done.stderr
    assert f"rustc: {upstream_6_12.rust.rustc} " in done.stderr
    assert "without Rust (CONFIG_RUST), so that modules bring along what they use" in done.stderr
    assert "libclang:" not in done.stderr
    assert "`kernel` is the crate of Linux 6.12 here" in done.stderr
    assert "of the portable API alone: `kernel_test`" in done.stderr
