"""`#![no_std]`: a module may leave it to the build, as crates in the kernel's tree do."""

from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import complaints, rkmbuild

BUILD_SCRIPT = """\
fn main() {
    let answer: Vec<u8> = std::env::args().map(|_| 42).collect();
    println!("cargo::rustc-env=ANSWER={}", answer[0]);
}
"""


@pytest.mark.parametrize(
    "attribute", ["", "#![no_std]", "#![cfg_attr(all(), no_std)]", "//! Not #![no_std] yet."]
)
def test_no_std_is_there_once(attribute: str, kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", body='pr_info!("{}\\n", env!("ANSWER"));')
    source = root / "src" / "lib.rs"
    source.write_text(source.read_text().replace("#![no_std]", attribute))
    (root / "build.rs").write_text(BUILD_SCRIPT)
    built = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert built.returncode == 0, built.stderr
    assert not complaints(built.stderr)
