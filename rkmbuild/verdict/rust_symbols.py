"""What is said of a symbol of Rust that a kernel does not export: whose it is, and why.

The names of Rust have the crate in them, and a number that rustc makes of the crate's name, of its
own version, to the letter, and of `-Cmetadata`, which the kernel's build does not give
(compiler/rustc_span/src/def_id.rs, StableCrateId::new, 1.85): another number is another rustc.
"""

import re
from collections.abc import Sequence

from rkmbuild.ko import demangle, elf
from rkmbuild.ko.module import Module
from rkmbuild.verdict.target import Target

# The first crate in a name defines the item, or the type that it belongs to: the v0 mangling, RFC
# 2603, `crate-root`. Nothing before it is an identifier.
_CRATE = re.compile(r"C(?:s([0-9A-Za-z]*)_)?([1-9]\d?)_?(?=[A-Za-z_])")
_MANGLED = re.compile(r"_R[A-Z]")
_QUOTED = re.compile(r"`(_R[A-Z]\w+)`")
# Functions in C for what is a macro or inline there (rust/helpers/ from 6.12 on).
_HELPER = "rust_helper_"
_COMPILER = re.compile(rb"rustc version ([^\0]{1,200})")
_MOST_OF_COMMENT = 1 << 16


class Crates:
    """The crates that a kernel exports symbols of, and what a module was compiled by."""

    def __init__(self, module: Module, kernel: Target) -> None:
        self._config = kernel.config
        self._compiler = _compiler(module)
        self._numbers: dict[str, set[str]] = {}
        for name in kernel.exports:
            if found := crate(name):
                self._numbers.setdefault(found[0], set()).add(found[1])

    def way_out(self, name: str) -> str:
        """Return why a symbol is not there, and what to do; empty for one that is not Rust's."""
        found = crate(name)
        if not found and not name.startswith(_HELPER):
            return ""
        build = "build the module for this kernel: rkmbuild build --kernel {release}"
        if not self._numbers and not self._config.on("RUST"):
            whose = f"the crate `{found[0]}`" if found else "the crate `kernel`, which calls this,"
            return f"{whose} is part of kernels with CONFIG_RUST, and this one has none; {build}"
        if not found:
            return (
                "it is a helper in C for Rust, of another source than this kernel's or configured "
                f"otherwise; {build}"
            )
        named, number = found
        known = self._numbers.get(named)
        if not known:
            have = ", ".join(f"`{each}`" for each in sorted(self._numbers)[:8]) or "none"
            return (
                f"this kernel exports nothing of a crate `{named}` (of Rust it has {have}): link "
                "that crate into the module"
            )
        if number in known:
            return (
                f"the crate `{named}` here is of the module's rustc, and has no such item for "
                f"modules: it is of another source, or configured otherwise; {build}"
            )
        its = self._config.get("RUSTC_VERSION_TEXT", "one that it does not name")
        mine = f" ({self._compiler})" if self._compiler else ""
        return (
            f"the crate `{named}` here was compiled by another rustc than the module{mine}, and "
            f"each rustc names symbols otherwise: the kernel's is {its}; {build}"
        )


def crate(name: str) -> tuple[str, str] | None:
    """Return the crate that a mangled name is of, and its number; None for a name in C."""
    if not _MANGLED.match(name):
        return None
    found = _CRATE.search(name)
    if not found:
        return None
    length, start = int(found[2]), found.end()
    return (name[start : start + length], found[1] or "") if start + length <= len(name) else None


def readable(messages: Sequence[str]) -> list[str]:
    """Return messages with the names that Rust's source has before those of the symbols."""
    found = [_QUOTED.search(message) for message in messages]
    names = [each[1] if each else "" for each in found]
    return [
        message.replace(f"`{name}`", f"`{plain}` ({name})") if plain != name else message
        for message, name, plain in zip(messages, names, demangle.demangle(names), strict=True)
    ]


def _compiler(module: Module) -> str:
    """Return the rustc that a module names in `.comment`, or nothing."""
    number = module.file.find(".comment", allocated=False)
    if number <= 0:
        return ""
    said = bytes(module.file.content(module.file.sections[number])[:_MOST_OF_COMMENT])
    found = _COMPILER.search(said)
    return f"rustc {elf.decoded(found[1])}" if found else ""
