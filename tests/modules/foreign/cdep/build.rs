// SPDX-License-Identifier: GPL-2.0

//! Compiles C and assembly as crates do that bring some.

fn main() {
    println!("cargo:rerun-if-changed=src");
    cc::Build::new()
        .file("src/code.c")
        .file("src/swap.S")
        .compile("cdep");
}
