"""aarch64, the 64-bit architecture of Arm: what is known of it so far.

Nothing is built, judged or run for it yet. What takes an `Arch` is tested with it too.
"""

from pathlib import Path
from types import MappingProxyType

from rkmbuild.arch import names, tables
from rkmbuild.arch.aarch64_relocations import RELOCATIONS
from rkmbuild.arch.arch import Arch, LandingPad, ModuleSpace, VectorCalls
from rkmbuild.arch.clang import EVERYWHERE
from rkmbuild.arch.guest import GuestMachine
from rkmbuild.arch.log import LogPatterns
from rkmbuild.arch.options import Option
from rkmbuild.arch.rustflags import (
    FRAME_POINTERS,
    FUNCTION_ALIGNMENT,
    KASAN,
    KASAN_MEMORY,
    KCFI,
    KCOV,
    KCSAN,
)
from rkmbuild.arch.tables import ANY, CODE, Table


def _no_words(_host: Path) -> list[str]:
    # The generic timer has one frequency, which the machine tells (CNTFRQ_EL0).
    return []


# The kernel reboots by PSCI (drivers/firmware/psci/psci.c), and qemu ends at once.
_GUEST = GuestMachine(
    kind="virt",
    options=(),
    console="ttyAMA0",
    console_option="SERIAL_AMBA_PL011_CONSOLE",
    port="ttyS0",
    second_port="pci-serial,chardev={chardev}",
    # Its place is in the tree that qemu gives to the kernel (stdout-path).
    early_console="earlycon",
    reboot="",
    clock_words=_no_words,
)

_LOG = LogPatterns(
    # arch/arm64/kernel/process.c, __show_regs: of a program the address alone is printed.
    at_fault="pc : ",
    # arch/arm64/mm/fault.c, die_kernel_fault
    fault=r"Unable to handle kernel .* at virtual address",
    # arch/arm64/kernel/traps.c, __die
    oops=r"Internal error: .*: [0-9a-f]{8,16} \[#\d+\].*",
    # arch/arm64/kernel/traps.c, panic_bad_stack
    stack_overflow=r"Insufficient stack space to handle exception!.*",
    causes=MappingProxyType({}),
    notes=r"(?!)",
    source="arch/arm64/kernel: traps.c, process.c, stacktrace.c; arch/arm64/mm/fault.c",
    # arch/arm64/kernel/stacktrace.c, dump_backtrace
    stack="Call trace:",
    # arch/arm64/kernel/traps.c, dump_kernel_instr
    tail="Code: ",
)

AARCH64 = Arch(
    names=names.AARCH64,
    complete=False,
    source="arm64",
    debian="arm64",
    elf_machine=183,
    bare_target="aarch64-unknown-none",
    loader="/lib/ld-linux-aarch64.so.1",
    qemu_packages=MappingProxyType(
        {
            "apt-get": ("qemu-system-arm",),
            "dnf": ("qemu-system-aarch64-core",),
            "pacman": ("qemu-system-aarch64",),
            "zypper": ("qemu-arm",),
        }
    ),
    options=(
        Option(("ARM64_BTI_KERNEL",), "functions that are called indirectly begin with BTI"),
        Option(("ARM64_PTR_AUTH_KERNEL",), "return addresses are signed"),
        Option(("UNWIND_PATCH_PAC_INTO_SCS",), "signing is patched to a stack of its own"),
    ),
    # The canary is found through a register (STACKPROTECTOR_PER_TASK), for which rustc has no
    # option.
    rust_rows=(FUNCTION_ALIGNMENT, FRAME_POINTERS, KASAN, KASAN_MEMORY, KCSAN, KCOV, KCFI),
    software_float=(),
    clang_demands=EVERYWHERE,
    clang_replacements=(),
    guest=_GUEST,
    log=_LOG,
    vermagic="aarch64",
    relocations=RELOCATIONS,
    # Of 6.12, for 48 bits of addresses: modules have 2 GiB, and the
    # kernel (KIMAGE_VADDR) lies behind them. Where it is random both move together.
    space=ModuleSpace(
        start=0xFFFF_8000_0000_0000,
        start_random=0xFFFF_8000_0000_0000,
        end=0xFFFF_8000_8000_0000,
        kernel=0xFFFF_8000_8000_0000,
        source="arch/arm64/include/asm/memory.h",
    ),
    tables=MappingProxyType(
        {
            **tables.EVERYWHERE,
            "__ex_table": Table(12, {0: CODE, 4: CODE}, "asm/extable.h", (8,), code_end=True),
            "__jump_table": Table(16, {0: CODE, 4: CODE, 8: ANY}, "linux/jump_label.h"),
            "__bug_table": Table(12, {0: CODE, 4: ANY}, "asm-generic/bug.h: bug_entry"),
            # What replaces the code may be a function of the kernel's.
            ".altinstructions": Table(12, {0: CODE, 4: ANY}, "asm/alternative.h: alt_instr"),
        }
    ),
    stack=16 << 10,
    stack_source="arch/arm64/include/asm/memory.h",
    # Arm Architecture Reference Manual, "BTI"; PACIASP is one as well.
    landing_pad=LandingPad(
        option="ARM64_BTI_KERNEL",
        name="BTI",
        codes=(
            bytes.fromhex("5f2403d5"),  # bti c
            bytes.fromhex("df2403d5"),  # bti jc
            bytes.fromhex("3f2303d5"),  # paciasp
        ),
        fault="BTI exception",
        source="arch/arm64/kernel/traps.c: do_el1_bti",
    ),
    # arch/arm64/include/asm/neon.h
    vector_calls=VectorCalls(
        begin="kernel_neon_begin",
        compiled_without="-mgeneral-regs-only",
        any=frozenset({"kernel_neon_begin"}),
    ),
    canary=None,
    code=None,
)
