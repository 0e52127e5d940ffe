"""Crates that take vector instructions for x86-64 unless a cfg tells them not to.

They compile for the kernel with these only: LLVM cannot give such instructions to code that is to
do without their registers ("LLVM ERROR: Do not know how to split the result of this operator!").
Crates that ask the processor through `cpufeatures` need none, since that says no for this target.
"""

# Each cfg with the crate, the releases that know it, and where.
_CFGS = (
    ("aes_force_soft", "aes 0.7 to 0.8, src/lib.rs"),
    ('aes_backend="soft"', "aes 0.9, src/lib.rs"),
    ("chacha20_force_soft", "chacha20 0.9, src/lib.rs"),
    ('chacha20_backend="soft"', "chacha20 0.10, src/lib.rs"),
    ("poly1305_force_soft", "poly1305 0.7 to 0.8, src/backend.rs"),
    ("polyval_force_soft", "polyval 0.6, src/backend.rs"),
    ('sha2_backend="soft"', "sha2 0.11, src/sha256.rs and src/sha512.rs"),
    ('curve25519_dalek_backend="serial"', "curve25519-dalek 4, build.rs"),
)

SOFTWARE_FLOAT = tuple(cfg for cfg, _ in _CFGS)
