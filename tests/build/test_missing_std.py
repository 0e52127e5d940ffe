"""Crates that need the standard library: who brings them, and what to write instead."""

from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import rkmbuild

# One that can do without `std`, and brings another one; and one that cannot.
CRATES = """
[dependencies]
nom = "7"
glob = "0.3"
"""
BODY = """
        let parsed: nom::IResult<&str, &str> = nom::bytes::complete::tag("a")("a-b");
        pr_info!("{:?}\\n", parsed);
"""


def test_the_chain_to_a_crate_that_needs_std_is_named_and_the_way_out_works(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    root = projects.make(tmp_path / "p", manifest=CRATES, body=BODY)
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 6, done.stderr
    assert "can't find crate for `std`" in done.stderr
    assert "the kernel has no standard library, and " in done.stderr
    assert "sample -> nom -> memchr needs std" in done.stderr
    assert "sample -> glob needs std" in done.stderr
    assert "glob 0.3." in done.stderr
    assert "has no feature that leaves the standard library out: use another" in done.stderr

    hints = [line.partition("help: ")[2] for line in done.stderr.splitlines()]
    line = next(hint for hint in hints if hint.startswith("nom = "))
    assert 'default-features = false, features = ["alloc"]' in line
    text = projects.MANIFEST.format(name="sample")
    (root / "Cargo.toml").write_text(f"{text}[dependencies]\n{line}\n")
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stderr


def test_an_error_in_the_project_itself_is_told_by_rustc_alone(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    manifest = '[dependencies]\ncfg-if = "1"\n'
    root = projects.make(tmp_path / "p", manifest=manifest, body="nothing_of_this_name();")
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 6
    assert done.stderr.count("cannot find function `nothing_of_this_name`") == 1
    assert done.stderr.endswith("error: cargo could not build sample\n")
