"""Build, check, load and test out-of-tree Linux kernel modules written in Rust."""

__version__ = "0.1.0"
