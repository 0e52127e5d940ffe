"""C that calls Rust, by the header that cbindgen makes of it."""

import shutil
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.build.test_toolchain_missing import without
from tests.cli import complaints, rkmbuild

METADATA = """
[package.metadata.rkmbuild]
c-sources = ["src/shim.c"]
generate-header = "sums_rust.h"
"""
BEFORE = """
/// What the C code sums up.
#[repr(C)]
pub struct Sums {
    count: u32,
    total: u64,
}

#[no_mangle]
pub extern "C" fn sums_add(sums: &mut Sums, value: u8) -> bool {
    sums.count += 1;
    sums.total += u64::from(value);
    sums.count < SUMS_LIMIT
}

pub const SUMS_LIMIT: u32 = 3;

unsafe extern "C" {
    fn sums_of_bytes(bytes: *const u8, len: usize) -> u64;
}
"""
BODY = """
        // SAFETY: The pointer is to as many bytes.
        let sum = unsafe { sums_of_bytes([1u8, 2, 3, 4].as_ptr(), 4) };
        pr_info!("{}\\n", sum);
"""
SHIM = """\
#include "sums_rust.h"

uint64_t sums_of_bytes(const uint8_t *bytes, size_t len);

uint64_t sums_of_bytes(const uint8_t *bytes, size_t len)
{
\tstruct Sums sums = { };

\tBUILD_BUG_ON(SUMS_LIMIT != 3);
\twhile (len-- && sums_add(&sums, *bytes++))
\t\t;
\treturn sums.total;
}
"""


def project(root: Path) -> Path:
    projects.make(root, manifest=METADATA, before=BEFORE, body=BODY)
    (root / "src" / "shim.c").write_text(f"#include <linux/build_bug.h>\n{SHIM}")
    return root


def test_c_calls_rust_by_a_header_that_follows_the_rust(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    root = project(tmp_path / "p")
    build = ("build", root, "--kernel", kernel_6_12.release)
    done = rkmbuild(*build)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    module = root / "target" / "rkmbuild" / kernel_6_12.release / "sample.ko"
    assert b"sums_add\0" in module.read_bytes()

    # rustc is the one to speak of an error, not cbindgen, which fails first.
    source = root / "src" / "lib.rs"
    before = source.read_text()
    source.write_text(before.replace("sums.count += 1;", "sums.count += ;"))
    done = rkmbuild(*build)
    assert done.returncode == 6
    assert "expected expression, found `;`" in done.stderr
    assert "making sums_rust.h" not in done.stderr

    # A limit of another value shows in the C code.
    source.write_text(before.replace("SUMS_LIMIT: u32 = 3", "SUMS_LIMIT: u32 = 4"))
    done = rkmbuild(*build)
    assert done.returncode == 6
    assert "BUILD_BUG_ON failed: SUMS_LIMIT != 3" in done.stderr


def test_a_machine_without_cbindgen_is_told_how_to_get_it(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    found = shutil.which("cbindgen")
    assert found
    root = project(tmp_path / "p")
    done = without([Path(found)], "build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 5, done.stderr
    assert "cbindgen" in done.stderr
    assert "install" in done.stderr
