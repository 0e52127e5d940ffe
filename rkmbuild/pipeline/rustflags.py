"""What rustc must be told for one kernel: one table, from the kernel's configuration.

The kernel's own C objects are compiled with the mitigations that its .config chose; a Rust object
beside them must carry the same ones, or the kernel is less safe than its owner believes. A rustc
that cannot do what a row demands is refused, never used with the row left out. Linux 6.9 renamed
the options of mitigations to MITIGATION_*; both names are asked for.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from rkmbuild.base.errors import ToolchainError
from rkmbuild.kernel.tree import Kconfig, KernelTree, KernelVersion


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that a kernel's configuration asks of rustc.

    Attributes:
        name: What it is.
        wanted: Whether a kernel asks for it.
        flags: Arguments of rustc, given the configuration.
        option: The -Z or -C option that the flags need, or "" where every rustc has it.
        since: The first release of rustc that has the option.
        fallback: A row for a rustc that lacks the option, or None if it then cannot be used.
        features: LLVM target features for the target specification, instead of flags.
        source: Where the fact comes from.
    """

    name: str
    wanted: Callable[[KernelTree], bool]
    flags: Callable[[Kconfig], tuple[str, ...]] = lambda _config: ()
    option: str = ""
    since: str = ""
    fallback: "Row | None" = None
    features: tuple[str, ...] = ()
    source: str


def _configured(*names: str) -> Callable[[KernelTree], bool]:
    return lambda tree: tree.config.on(*names)


def _fixed(*flags: str) -> Callable[[Kconfig], tuple[str, ...]]:
    return lambda _config: flags


ROWS: tuple[Row, ...] = (
    Row(
        name="retpoline",
        wanted=_configured("MITIGATION_RETPOLINE", "RETPOLINE"),
        flags=_fixed("-Zretpoline-external-thunk"),
        option="retpoline-external-thunk",
        since="1.89",
        fallback=Row(
            name="retpoline, as target features",
            wanted=_configured("MITIGATION_RETPOLINE", "RETPOLINE"),
            features=(
                "+retpoline-external-thunk",
                "+retpoline-indirect-branches",
                "+retpoline-indirect-calls",
            ),
            source="scripts/generate_rust_target.rs of Linux 6.1",
        ),
        source="arch/x86/Makefile (RETPOLINE_CFLAGS); rust-lang/rust#135927",
    ),
    Row(
        name="no jump tables",
        wanted=_configured("MITIGATION_RETPOLINE", "RETPOLINE", "X86_KERNEL_IBT"),
        flags=_fixed("-Cjump-tables=n"),
        option="jump-tables",
        since="1.93",
        fallback=Row(
            name="no jump tables, by the option's old name",
            wanted=_configured("MITIGATION_RETPOLINE", "RETPOLINE", "X86_KERNEL_IBT"),
            flags=_fixed("-Zno-jump-tables"),
            option="no-jump-tables",
            since="1.58",
            source="arch/x86/Makefile of Linux 6.12",
        ),
        source="arch/x86/Makefile: an indirect jump through a table needs no ENDBR only where the "
        "compiler marks it notrack, which the kernel does not allow",
    ),
    Row(
        name="return thunks",
        wanted=_configured("MITIGATION_RETHUNK", "RETHUNK"),
        flags=_fixed("-Zfunction-return=thunk-extern"),
        option="function-return",
        since="1.76",
        source="arch/x86/Makefile (RETHUNK_CFLAGS); rust-lang/rust#116892",
    ),
    Row(
        name="straight-line speculation",
        wanted=_configured("MITIGATION_SLS", "SLS"),
        features=("+harden-sls-ijmp", "+harden-sls-ret"),
        source="arch/x86/Makefile (-mharden-sls=all); LLVM's X86.td names the features",
    ),
    Row(
        name="indirect branch tracking",
        wanted=_configured("X86_KERNEL_IBT"),
        flags=_fixed("-Zcf-protection=branch"),
        option="cf-protection",
        since="1.60",
        source="arch/x86/Makefile (-fcf-protection=branch), Linux 5.18",
    ),
    Row(
        name="call padding",
        wanted=_configured("CALL_PADDING"),
        flags=lambda config: (
            "-Zpatchable-function-entry={0},{0}".format(config.number("FUNCTION_PADDING_BYTES")),
        ),
        option="patchable-function-entry",
        since="1.81",
        source="arch/x86/Makefile (PADDING_CFLAGS), Linux 6.2; rust-lang/rust#124741",
    ),
    Row(
        name="function alignment",
        wanted=lambda tree: tree.config.number("FUNCTION_ALIGNMENT") > 0,
        flags=lambda config: (f"-Zmin-function-alignment={config.number('FUNCTION_ALIGNMENT')}",),
        option="min-function-alignment",
        since="1.86",
        fallback=Row(
            name="function alignment, as LLVM gives it",
            wanted=lambda tree: tree.config.number("FUNCTION_ALIGNMENT") > 0,
            source="16 bytes for all but cold functions, which call depth tracking does not patch",
        ),
        source="Makefile (-fmin-function-alignment), Linux 6.3; rust-lang/rust#134030",
    ),
    Row(
        name="frame pointers",
        wanted=_configured("FRAME_POINTER"),
        flags=_fixed("-Cforce-frame-pointers=y"),
        source="Makefile (-fno-omit-frame-pointer)",
    ),
    Row(
        name="stack protector",
        # Linux 6.15 moved the canary from %gs:40 to a symbol of its own (80d47defddc0), and rustc
        # has no option that says where it is.
        wanted=lambda tree: (
            tree.config.on("STACKPROTECTOR") and tree.version < KernelVersion(6, 15)
        ),
        flags=lambda config: (
            f"-Zstack-protector={'strong' if config.on('STACKPROTECTOR_STRONG') else 'basic'}",
        ),
        option="stack-protector",
        since="1.58",
        source="Makefile (-fstack-protector-strong); arch/x86/include/asm/stackprotector.h: the "
        "canary is at %gs:40, where LLVM's kernel code model looks for it",
    ),
    Row(
        name="kernel control flow integrity",
        wanted=_configured("CFI_CLANG", "CFI"),
        flags=lambda config: (
            "-Zsanitizer=kcfi",
            *(
                ("-Zsanitizer-cfi-normalize-integers",)
                if config.on("CFI_ICALL_NORMALIZE_INTEGERS")
                else ()
            ),
        ),
        option="sanitizer",
        since="1.68",
        source="Makefile (CC_FLAGS_CFI and its Rust twin), Linux 6.12",
    ),
)
"""What is not here cannot be had: rustc makes no `__fentry__` calls, so ftrace does not see Rust
functions (FUNCTION_TRACER), as it does not see those of the kernel's own Rust code."""

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


def choose(tree: KernelTree, options: Collection[str], rustc: str) -> Chosen:
    """Return what rustc must be told for `tree`.

    Args:
        options: The names of the -C and -Z options that this rustc has.
        rustc: Its version, for the message.

    Raises:
        ToolchainError: this rustc lacks an option that the kernel's configuration demands.
    """
    rows = tuple(_fitting(row, options, rustc, tree) for row in ROWS if row.wanted(tree))
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
