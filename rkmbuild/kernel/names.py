"""The names of modules, as kbuild and the kernel have them."""

MODULE_NAME_LEN = 64 - 8
"""Bytes for the name in struct module, with a NUL at the end: MODULE_NAME_LEN, which is
MAX_PARAM_PREFIX_LEN, 64 - sizeof(unsigned long) (include/linux/moduleparam.h, 6.1 and 6.12), on a
machine of 64 bits. modpost ends a longer one with "module name is too long"."""


def module_name(text: str) -> str:
    """Return the kernel's name for a package, a file or what a user wrote: kbuild has no dashes."""
    return text.replace("-", "_")
