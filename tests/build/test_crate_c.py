"""C that crates bring and that was not compiled for the kernel: refused, with the crate's name."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import rkmbuild

DEPENDENCY = '\n[dependencies]\nbrings = { path = "../brings" }\n'
MANIFEST = """\
[package]
name = "brings"
version = "0.1.0"
edition = "2021"
"""
LIBRARY = """\
#![no_std]
unsafe extern "C" { fn brings_sum(x: i32) -> i32; }
pub fn sum(x: i32) -> i32 {
    // SAFETY: it takes any number.
    unsafe { brings_sum(x) }
}
"""
BODY = 'pr_info!("{}\\n", brings::sum(7));'
# The stack's canary, locals below the stack's pointer, a call through a pointer, and a return.
FOR_PROGRAMS = """\
static void (*volatile set)(char *, int);
static __attribute__((no_stack_protector)) int leaf(int x)
{
\tvolatile int values[8];
\tfor (int i = 0; i < 8; i++) values[i] = x + i;
\treturn values[x & 7];
}
int brings_sum(int x) { char b[64]; set(b, x); return b[x & 63] + leaf(x); }
"""
# A build script that asks no variable, and one whose archive lies there already.
OWN_RULES = """\
use std::{env, process::Command};
fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let object = format!("{out}/code.o");
    let words = ["-O2", "-fstack-protector-all", "-fno-inline", "-c", "src/code.c", "-o", &object];
    assert!(Command::new("gcc").args(words).status().unwrap().success());
    let archive = format!("{out}/libbrings.a");
    assert!(Command::new("ar").args(["crs", &archive, &object]).status().unwrap().success());
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=brings");
}
"""
PREBUILT = """\
fn main() {
    println!("cargo:rustc-link-search=native={}/lib", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    println!("cargo:rustc-link-lib=static=brings");
}
"""
# What a build script does that heeds its variables, without the crate cc.
HEEDING = """\
use std::{env, process::Command};
fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let of_target = |name: &str| env::var(format!("{name}_x86_64_kernel")).unwrap();
    let object = format!("{out}/code.o");
    let flags = of_target("CFLAGS");
    let done = Command::new(of_target("CC"))
        .args(flags.split_whitespace()).args(["-c", "src/code.c", "-o", &object]).status();
    assert!(done.unwrap().success());
    let archive = format!("{out}/libbrings.a");
    let done = Command::new(of_target("AR")).args(["crs", &archive, &object]).status();
    assert!(done.unwrap().success());
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=brings");
    println!("cargo:rerun-if-changed=src/code.c");
}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose crate brings C; what it is, and how it is compiled, a test writes."""
    crate = tmp_path / "brings"
    (crate / "src").mkdir(parents=True)
    (crate / "Cargo.toml").write_text(MANIFEST)
    (crate / "src" / "lib.rs").write_text(LIBRARY)
    return projects.make(tmp_path / "sample", manifest=DEPENDENCY, body=BODY)


def _refused(root: Path, kernel: KernelTree, code: int) -> tuple[str, str]:
    """The message and the hint of a build that ends with an exit code."""
    done = rkmbuild("build", root, "--kernel", kernel.release, "--json")
    assert done.returncode == code, done.stderr
    assert not list(root.glob("target/rkmbuild/*/sample.ko"))
    error = json.loads(done.stdout)["error"]
    return error["message"], error["hint"]


def test_code_for_programs_is_refused_with_the_crate_that_brings_it(
    root: Path, kernel_6_12: KernelTree
) -> None:
    crate = root.parent / "brings"
    (crate / "src" / "code.c").write_text(FOR_PROGRAMS)
    (crate / "build.rs").write_text(OWN_RULES)
    message, hint = _refused(root, kernel_6_12, 41)
    rules = "[thread-pointer, red-zone, plain-returns, indirect-calls]"
    assert message.startswith(f"sample.ko has code that was not compiled for {kernel_6_12.release}")
    assert rules in message
    assert "  brings_sum, crate brings: reaches the stack's canary" in message
    assert "  leaf, crate brings: " in message
    assert "what crate brings" not in message
    assert hint.startswith("what brings brings in C, assembly or compiled")

    made = next(root.glob("target/rkmbuild/**/libbrings.a"))
    (crate / "lib").mkdir()
    shutil.copyfile(made, crate / "lib" / "libbrings.a")
    (crate / "build.rs").write_text(PREBUILT)
    prebuilt, _ = _refused(root, kernel_6_12, 41)
    assert prebuilt == message

    (crate / "build.rs").write_text(HEEDING)
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stderr
    (module,) = root.glob("target/rkmbuild/*/sample.ko")
    code = subprocess.run(["objdump", "-d", module], capture_output=True, text=True, check=True)
    assert "<brings_sum>:" in code.stdout
    assert "%fs" not in code.stdout


def test_what_c_of_a_crate_lacks_is_told_with_its_name(root: Path, kernel_6_12: KernelTree) -> None:
    crate = root.parent / "brings"
    (crate / "build.rs").write_text(HEEDING)
    (crate / "src" / "code.c").write_text(
        "int getpid(void);\nint brings_sum(int x) { return x + getpid(); }\n"
        "int unused(void) { return getpid(); }\n"
    )
    message, hint = _refused(root, kernel_6_12, 6)
    assert message == "the kernel exports no symbol `getpid`"
    assert "`getpid` is needed by brings_sum of crate brings" in hint
    assert "what crate brings brings in C or assembly needs what this kernel lacks" in hint

    (crate / "src" / "code.c").write_text("#include <stdio.h>\n")
    message, hint = _refused(root, kernel_6_12, 6)
    said = "C of sample -> brings includes stdio.h, and the kernel has no C library"
    assert message == f"cargo could not build sample: {said}"
    assert "assert.h, inttypes.h" in hint
