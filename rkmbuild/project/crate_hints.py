"""What to write in place of well-known crates that are made for programs, or to have them work.

They are asked for by their names; what stands here is shown where one of them does not build.
"""

from collections.abc import Sequence

from rkmbuild.project.dependencies import Package, arrows

_RANDOM = """\
#[no_mangle]
unsafe extern "Rust" fn __getrandom_v03_custom(to: *mut u8, len: usize) -> core::result::Result<(), getrandom::Error> {
    // SAFETY: getrandom gives room for `len` bytes.
    unsafe { kernel::bindings::get_random_bytes(to.cast(), len) };
    Ok(())
}"""  # noqa: E501 - a line of Rust
_BACKEND = """\
.cargo/config.toml beside Cargo.toml chooses its backend, which the module then has to be:
[build]
rustflags = ["--cfg", "getrandom_backend=\\"custom\\""]
"""
_OLD_BACKEND = """\
of its version 0.2, the feature `custom` lets the module be its source, by
getrandom::register_custom_getrandom!(f), where f fills a slice by get_random_bytes()"""
_RUST_CRYPTO = "RustCrypto's crates do the same in Rust: sha2, aes-gcm, chacha20poly1305, p256, rsa"

# By the crate's name. A crate that brings another one of these comes before it.
_HINTS = {
    "ring": f"ring brings C and assembly for user programs; {_RUST_CRYPTO}",
    "aws-lc-sys": f"aws-lc is C for user programs; {_RUST_CRYPTO}",
    "openssl-sys": f"OpenSSL is a library of user programs; {_RUST_CRYPTO}",
    "libsodium-sys": f"libsodium is a library of user programs; {_RUST_CRYPTO}",
    "lz4-sys": "lz4_flex is LZ4 in Rust, and works in a module: "
    'lz4_flex = { version = "0.11", default-features = false }',
    "zstd-sys": "ruzstd unpacks Zstandard in Rust; the kernel's own is in <linux/zstd.h>",
    "libz-sys": "miniz_oxide and the kernel's own <linux/zlib.h> do the same",
    "libz-ng-sys": "miniz_oxide and the kernel's own <linux/zlib.h> do the same",
    "lzma-sys": "lzma-rs unpacks in Rust; the kernel's own is in <linux/xz.h>",
    "bzip2-sys": "the kernel's own is in <linux/decompress/bunzip2.h>",
    "uuid": "uuid takes random bytes from getrandom for its versions 4 and 7; without these "
    "features, uuid::Builder::from_random_bytes(bytes) makes one of 16 bytes, which "
    "kernel::bindings::get_random_bytes() fills; or have getrandom work, by its own hint below",
    "ahash": 'ahash = { version = "0.8", default-features = false } asks for no random numbers',
    "rand": "without its default features rand makes its numbers from a seed; "
    "kernel::bindings::get_random_bytes() fills one",
    "parking_lot": "kernel::sync has Mutex, SpinLock and CondVar",
    "mio": "it waits for file descriptors of a program; kernel::workqueue runs what is to be done",
    "tokio": "it is made of a program's threads and sockets; kernel::workqueue runs what is to be "
    "done later",
    "socket2": "sockets of a program; the kernel's are in <linux/net.h>",
    "libc": "libc names the C library of a program: core::ffi has C's types, and "
    "kernel::bindings the kernel's functions",
}  # fmt: skip


def of(chain: Sequence[Package]) -> str:
    """Return what is known of a crate that does not build, or of those that bring it.

    Args:
        chain: The way to it, from the module's own package on.
    """
    found = []
    for package in chain[1:]:
        if package.name == "getrandom":
            found.append(_getrandom(chain))
        elif package.name in _HINTS:
            found.append(_HINTS[package.name])
            if package.name != "uuid":
                break
    return "\n".join(found)


def _getrandom(chain: Sequence[Package]) -> str:
    version = chain[-1].version
    if version.startswith("0.2."):
        return _OLD_BACKEND
    if version.startswith(("0.0.", "0.1.")):
        return f"{arrows(chain)}: getrandom {version} cannot be given a source; later ones can"
    minor = ".".join(version.split(".")[:2])
    needs = f', with getrandom = "{minor}" in its own [dependencies]' if len(chain) > 2 else ""
    return f"{_BACKEND}In the module{needs}:\n{_RANDOM}"
