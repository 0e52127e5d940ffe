"""The APIs that a module's source can be written on: what its `kernel` crate is, and what it needs.

Here belongs what is true of one such crate: where its source or its metadata comes from, which
kernels and compilers it takes, what is bound and linked for it. How C is compiled for a kernel, and
how a crate becomes a `.ko`, is the same for all of them and stands beside this room.
"""
