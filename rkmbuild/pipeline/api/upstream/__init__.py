"""Rust for Linux's own `kernel` crate, on kernels whose packages do not bring what it takes.

What a kernel's own build would have left beside its objects for modules in Rust, the sidecar, is
made once from the matching source, and everything else builds on that.
"""
