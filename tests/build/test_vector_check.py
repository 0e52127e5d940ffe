"""Code that uses vector registers: refused in every build, with its crate and a way out."""

import json
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import complaints, rkmbuild

HASHES = """
[dependencies]
blake3 = { version = "1", default-features = false }
"""
# This one compiles only where a cfg keeps it from vectors.
CIPHER = 'aes = { version = "0.8", default-features = false }\n'
USES_HASH = 'pr_info!("{:?}\\n", blake3::hash(b"abc"));'
USES_CIPHER = """
        use aes::cipher::{BlockEncrypt, KeyInit};
        let mut block = [0u8; 16].into();
        aes::Aes128::new(&[0u8; 16].into()).encrypt_block(&mut block);
        pr_info!("{:?}\\n", block);
"""
METADATA = """
[package.metadata.rkmbuild]
headers = ["src/shim.h"]
c-sources = ["src/shim.c"]
"""
HEADER = "void shim_clear(void);\n"
SHIM = """\
#include <asm/fpu/api.h>
#include "shim.h"

static noinline void clear_one(void)
{
\tasm volatile("vpxor %xmm1, %xmm1, %xmm1");
}

void shim_clear(void)
{
\tkernel_fpu_begin();
\tclear_one();
\tkernel_fpu_end();
}
"""
BODY = """
        // SAFETY: It only clears a register that it may use.
        unsafe { kernel::bindings::shim_clear() };
        inner::Clear.now();
"""
BEFORE = """
mod inner {
    pub(crate) struct Clear;

    impl Clear {
        #[inline(never)]
        pub(crate) fn now(&self) {
            // SAFETY: Wrong: nobody has made sure that the register may be used.
            unsafe { core::arch::asm!("pxor xmm0, xmm0") };
        }
    }
}
"""

ROUNDS = """\
[package]
name = "rounds"
version = "0.1.0"
edition = "2021"

[features]
portable = []
"""
ROUNDS_SOURCE = """\
#![no_std]
use core::arch::x86_64::*;

#[target_feature(enable = "aes,sse4.1")]
pub unsafe fn round(block: __m128i, key: __m128i) -> __m128i {
    _mm_aesenc_si128(_mm_insert_epi64(block, 3, 1), key)
}
"""


def test_a_crate_with_vector_code_is_refused_by_name_and_the_way_out_works(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    root = projects.make(tmp_path / "p", manifest=HASHES, body=USES_HASH)
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, "--json")
    assert done.returncode == 41, done.stderr
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == "dangerous"
    assert "blake3_hash_many_sse2, crate blake3: `movd xmm0,r9d` and " in error["message"]
    assert "sample -> blake3" in error["hint"]
    assert '"blake3_hash_many_avx512"' in error["hint"]
    assert not list(root.glob("target/rkmbuild/*/*.ko"))

    line = next(line for line in error["hint"].splitlines() if line.startswith("blake3 = "))
    assert 'features = ["pure"]' in line
    manifest = root / "Cargo.toml"
    manifest.write_text(projects.MANIFEST.format(name="sample") + "[dependencies]\n" + line + "\n")
    source = root / "src" / "lib.rs"
    manifest.write_text(manifest.read_text() + CIPHER)
    source.write_text(source.read_text().replace(USES_HASH, USES_HASH + USES_CIPHER))
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)


def test_functions_of_the_project_are_refused_and_allowed_one_by_one(
    tmp_path: Path, kernel_6_1: KernelTree
) -> None:
    root = projects.make(tmp_path / "p", manifest=METADATA, before=BEFORE, body=BODY)
    (root / "src" / "shim.h").write_text(HEADER)
    (root / "src" / "shim.c").write_text(SHIM)

    def build(*options: str) -> tuple[int, str]:
        done = rkmbuild("build", root, "--kernel", kernel_6_1.release, *options)
        return done.returncode, done.stderr

    status, said = build()
    assert status == 41, said
    assert "clear_one, shim.c: `vpxor xmm1,xmm1,xmm1`\n" in said
    assert "<sample::inner::Clear>::now, crate sample: `pxor xmm0,xmm0`\n" in said
    assert 'allow-fpu = ["' in said

    manifest = root / "Cargo.toml"
    before = manifest.read_text()
    manifest.write_text(before + 'allow-fpu = ["clear_one", "forgotten"]\n')
    status, said = build()
    assert status == 41
    assert "clear_one" not in said
    assert "allow-fpu names `forgotten`" in said

    manifest.write_text(before + 'allow-fpu = ["clear_one", "<sample::inner::Clear>::now"]\n')
    status, said = build()
    assert status == 0, said
    assert not complaints(said)
    # Nothing to do is told without looking again; an entry that is not needed is told once more.
    assert "Fresh" in build()[1]


def test_a_crate_that_does_not_compile_without_vectors_is_named(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    folder = tmp_path / "p" / "rounds"
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(ROUNDS)
    (folder / "src" / "lib.rs").write_text(ROUNDS_SOURCE)
    root = projects.make(tmp_path / "p", manifest='[dependencies]\nrounds = { path = "rounds" }\n')
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 6
    assert "the kernel's code has no vector registers, and rounds needs some" in done.stderr
    assert 'rounds = { path = "…", features = ["portable"] }' in done.stderr
