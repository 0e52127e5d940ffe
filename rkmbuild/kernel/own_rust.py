"""Rust that a kernel has of its own, and whether other crates could be compiled on it."""

from typing import Any, NamedTuple

from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import KernelTree

# Rust's own mangling (rust-lang/rfcs#2603), which the kernel's Makefile asks for from 6.1 on.
_MANGLED = "_R"
# What rustc reads of the kernel's crates is beside their objects (rust/Makefile); a module compiled
# by the kernel's build finds it there (Makefile, `KBUILD_RUSTFLAGS ... -L $(objtree)/rust/`).
_METADATA = "rust/libkernel.rmeta"


class OwnRust(NamedTuple):
    """The Rust of a kernel with CONFIG_RUST.

    Attributes:
        rustc: The compiler that it was built with, in its own words, or None.
        symbols: How many of its functions and statics the kernel exports.
        metadata: Whether what rustc reads of its crates lies in the tree.
    """

    rustc: str | None
    symbols: int
    metadata: bool

    @property
    def reason(self) -> str | None:
        """Why no crate can be compiled on it from this tree; None where nothing is missing."""
        if self.metadata:
            return None
        return f"this tree has no metadata of its crates ({_METADATA})"

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {**self._asdict(), "reason": self.reason}

    def __str__(self) -> str:
        what = f"built by {self.rustc or 'a rustc that it does not name'}, {self.symbols} symbols"
        why = f"{self.reason}, which a sidecar has" if self.reason else "its metadata is here"
        return f"{what}; {why}; modules on the portable API bring Rust of their own"


def of(tree: KernelTree) -> OwnRust | None:
    """Return the Rust of a kernel, or None where it was built without.

    Raises:
        KernelError: its Module.symvers cannot be read.
    """
    if not tree.config.on("RUST"):
        return None
    names = symvers.load(tree.symvers) if tree.symvers else {}
    return OwnRust(
        rustc=tree.config.get("RUSTC_VERSION_TEXT"),
        symbols=sum(name.startswith(_MANGLED) for name in names),
        metadata=(tree.build / _METADATA).is_file(),
    )
