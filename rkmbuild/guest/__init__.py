"""A kernel in a virtual machine: what it boots with, what it is told, what came of it.

Here belongs all that starts or feeds qemu. The machine that we run on is `host`'s, and neither
knows of the other.
"""
