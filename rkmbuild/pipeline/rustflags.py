"""What rustc must be told for one kernel: from its configuration, by its architecture's table.

The kernel's own C objects are compiled with the mitigations that its .config chose; a Rust object
beside them must carry the same ones, or the kernel is less safe than its owner believes. A rustc
that cannot do what a row demands is refused, never used with the row left out. Linux 6.9 renamed
the options of mitigations to MITIGATION_*; both names are asked for.

What is not here cannot be had: rustc makes no `__fentry__` calls, so ftrace does not see Rust
functions (FUNCTION_TRACER), as it does not see those of the kernel's own Rust code.
"""

from collections.abc import Collection
from dataclasses import dataclass

from rkmbuild.arch import architectures
from rkmbuild.arch.rustflags import Row
from rkmbuild.base.errors import ToolchainError
from rkmbuild.kernel.tree import KernelTree

ALWAYS: tuple[str, ...] = (
    # ORC is objtool's work, and the kernel has no use for .eh_frame.
    "-Cforce-unwind-tables=n",
    # Without a section for each function, ld --gc-sections has nothing to leave out.
    "-Zfunction-sections=y",
    # The older mangling hides generic arguments, and the kernel's own Rust symbols use this one.
    "-Csymbol-mangling-version=v0",
)


@dataclass(frozen=True)
class Chosen:
    """What the table says for one kernel and one rustc.

    Attributes:
        flags: Arguments of rustc.
        features: LLVM target features for the target specification.
        rows: The rows that apply.
    """

    flags: tuple[str, ...]
    features: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def sanitizers(self) -> list[str]:
        """Those that the target specification says that it supports, whatever rustc's own does."""
        return [row.sanitizer for row in self.rows if row.only_ours]


def choose(
    tree: KernelTree, options: Collection[str], rustc: str, sanitizers: Collection[str] = ()
) -> Chosen:
    """Return what rustc must be told for `tree`.

    Args:
        options: The names of the -C and -Z options that this rustc has.
        rustc: Its version, for the message.
        sanitizers: Those that its own freestanding target supports.

    Raises:
        ToolchainError: this rustc lacks an option that the kernel's configuration demands.
    """
    arch = architectures.of(tree.arch)
    rows = tuple(_fitting(row, options, rustc, tree) for row in arch.rust_rows if row.wanted(tree))
    for row in rows:
        if row.sanitizer and not row.only_ours and row.sanitizer not in sanitizers:
            raise ToolchainError(
                f"rustc {rustc} cannot build for {tree.release}: the kernel uses {row.name}, and "
                f"rustc's own target {arch.bare_target} does not support the sanitizer "
                f"{row.sanitizer}",
                hint=f"use rustc {row.since} or later (`--toolchain`)",
            )
    return Chosen(
        flags=(*ALWAYS, *(flag for row in rows for flag in row.flags(tree.config))),
        features=tuple(feature for row in rows for feature in row.features),
        rows=rows,
    )


def _fitting(row: Row, options: Collection[str], rustc: str, tree: KernelTree) -> Row:
    if not row.option or row.option in options:
        return row
    if row.fallback:
        return _fitting(row.fallback, options, rustc, tree)
    raise ToolchainError(
        f"rustc {rustc} cannot build for {tree.release}: the kernel uses {row.name}, which needs "
        f"the option {row.option}",
        hint=f"use rustc {row.since} or later (`--toolchain`)",
    )
