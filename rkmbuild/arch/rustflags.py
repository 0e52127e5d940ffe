"""What a kernel's configuration asks of rustc: what a row of the table is, and the common rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Config(Protocol):
    """A kernel's configuration."""

    def on(self, *names: str) -> bool:
        """Tell whether any of `names` is built in."""

    def number(self, name: str) -> int:
        """Return a numeric option, 0 where it is not set."""


class Version(Protocol):
    """A kernel's version."""

    @property
    def major(self) -> int:
        """The first number."""

    @property
    def minor(self) -> int:
        """The second one."""


class Kernel(Protocol):
    """What a row looks at."""

    @property
    def config(self) -> Config:
        """Its configuration."""

    @property
    def version(self) -> Version:
        """Its version."""


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
        sanitizer: The sanitizer that rustc's own freestanding target has to support for it.
        only_ours: Whether that one need not, as ours says that it does: the functions which LLVM
            calls are the kernel's.
        source: Where the fact comes from.
    """

    name: str
    wanted: Callable[[Kernel], bool]
    flags: Callable[[Config], tuple[str, ...]] = lambda _config: ()
    option: str = ""
    since: str = ""
    fallback: "Row | None" = None
    features: tuple[str, ...] = ()
    sanitizer: str = ""
    only_ours: bool = False
    source: str


def configured(*names: str) -> Callable[[Kernel], bool]:
    """Return what tells whether a kernel has any of these options."""
    return lambda kernel: kernel.config.on(*names)


def fixed(*flags: str) -> Callable[[Config], tuple[str, ...]]:
    """Return what gives these flags, whatever the configuration."""
    return lambda _config: flags


def before(kernel: Kernel, major: int, minor: int) -> bool:
    """Tell whether a kernel is older than a release."""
    return (kernel.version.major, kernel.version.minor) < (major, minor)


FUNCTION_ALIGNMENT = Row(
    name="function alignment",
    wanted=lambda kernel: kernel.config.number("FUNCTION_ALIGNMENT") > 0,
    flags=lambda config: (f"-Zmin-function-alignment={config.number('FUNCTION_ALIGNMENT')}",),
    option="min-function-alignment",
    since="1.86",
    fallback=Row(
        name="function alignment, as LLVM gives it",
        wanted=lambda kernel: kernel.config.number("FUNCTION_ALIGNMENT") > 0,
        source="16 bytes for all but cold functions, which call depth tracking does not patch",
    ),
    source="Makefile (-fmin-function-alignment), Linux 6.3; rust-lang/rust#134030",
)

FRAME_POINTERS = Row(
    name="frame pointers",
    wanted=configured("FRAME_POINTER"),
    flags=fixed("-Cforce-frame-pointers=y"),
    source="Makefile (-fno-omit-frame-pointer)",
)

KCFI = Row(
    name="kernel control flow integrity",
    wanted=configured("CFI_CLANG", "CFI"),
    # The types of integers are told apart in C and Rust by other names, so kernels that do not
    # normalise them are refused before this table is asked.
    flags=fixed(
        "-Zsanitizer=kcfi",
        "-Zsanitizer-cfi-normalize-integers",
        # LLVM takes functions of the same code for one, though their types differ.
        "-Zmerge-functions=disabled",
    ),
    option="sanitizer-cfi-normalize-integers",
    # Those before make other hashes than clang for some types (arch/Kconfig of Linux 6.12,
    # HAVE_CFI_ICALL_NORMALIZE_INTEGERS_RUSTC).
    since="1.79",
    sanitizer="kcfi",
    source="Makefile (CC_FLAGS_CFI and its Rust twin), Linux 6.12; 7.3 for functions that are "
    "merged",
)


def _kasan(config: Config) -> tuple[str, ...]:
    # As many accesses in a function as are checked in line; clang takes the same number.
    in_line = 10000 if config.on("KASAN_INLINE") else 0
    return (
        "-Zsanitizer=kernel-address",
        "-Zsanitizer-recover=kernel-address",
        f"-Cllvm-args=-asan-mapping-offset={config.number('KASAN_SHADOW_OFFSET'):#x}",
        f"-Cllvm-args=-asan-instrumentation-with-call-threshold={in_line}",
        f"-Cllvm-args=-asan-stack={int(config.on('KASAN_STACK'))}",
        # Statics would be told to the kernel by a table that refers to each of them, and so to all
        # that these refer to: ld --gc-sections would leave nothing out, not even what needs a
        # function that this kernel lacks. Without the table nothing has to run at the start.
        "-Cllvm-args=-asan-globals=0",
        "-Cllvm-args=-asan-constructor-kind=none",
    )


KASAN = Row(
    name="KASAN",
    wanted=configured("KASAN_GENERIC"),
    flags=_kasan,
    option="sanitizer-recover",
    since="1.78",
    sanitizer="kernel-address",
    source="scripts/Makefile.kasan (RUSTFLAGS_KASAN), Linux 6.12, but for globals; core and "
    "alloc are checked as the kernel's own are (rust/Makefile)",
)

KASAN_MEMORY = Row(
    name="KASAN's memcpy, memmove and memset",
    # Before that the functions of the usual names check (69d4c0d32186).
    wanted=lambda kernel: kernel.config.on("KASAN_GENERIC") and not before(kernel, 6, 3),
    flags=fixed("-Cllvm-args=-asan-kernel-mem-intrinsic-prefix=1"),
    source="scripts/Makefile.kasan, Linux 6.3; mm/kasan/shadow.c exports __asan_memcpy",
)

KCSAN = Row(
    name="KCSAN",
    wanted=configured("KCSAN"),
    flags=fixed(
        "-Zsanitizer=thread",
        "-Cllvm-args=-tsan-instrument-func-entry-exit=0",
        "-Cllvm-args=-tsan-compound-read-before-write=1",
        "-Cllvm-args=-tsan-distinguish-volatile=1",
    ),
    option="sanitizer",
    since="1.78",
    sanitizer="thread",
    only_ours=True,
    source="scripts/Makefile.kcsan, Linux 6.12, in clang's words: the kernel's own Rust has no "
    "such flags; kernel/kcsan/core.c exports what LLVM calls",
)

KCOV = Row(
    name="KCOV",
    wanted=configured("KCOV_INSTRUMENT_ALL"),
    flags=lambda config: (
        "-Cpasses=sancov-module",
        "-Cllvm-args=-sanitizer-coverage-level=3",
        "-Cllvm-args=-sanitizer-coverage-trace-pc",
        *(
            ("-Cllvm-args=-sanitizer-coverage-trace-compares",)
            if config.on("KCOV_ENABLE_COMPARISONS")
            else ()
        ),
    ),
    source="scripts/Makefile.kcov (RUSTFLAGS_KCOV), Linux 6.16; kernel/kcov.c exports "
    "__sanitizer_cov_trace_pc",
)
