"""x86_64, the 64-bit architecture of Intel and AMD."""

from types import MappingProxyType

from rkmbuild.arch import names, x86_64_clock, x86_64_image
from rkmbuild.arch.arch import Arch, LandingPad, ModuleSpace, VectorCalls
from rkmbuild.arch.canary import Canary
from rkmbuild.arch.guest import GuestMachine
from rkmbuild.arch.log import LogPatterns
from rkmbuild.arch.options import Option
from rkmbuild.arch.x86_64_clang import DEMANDS, REPLACEMENTS
from rkmbuild.arch.x86_64_code import Reader
from rkmbuild.arch.x86_64_relocations import RELOCATIONS
from rkmbuild.arch.x86_64_rustflags import ROWS
from rkmbuild.arch.x86_64_software_float import SOFTWARE_FLOAT
from rkmbuild.arch.x86_64_tables import ENDBR64, TABLES

# microvm has no firmware menus, PCI or ACPI tables to walk, and boots in half the time of pc. The
# timer, the interrupt controller and the clock are off in it unless asked for, and a guest without
# kvmclock needs them. With `pcie=on` it has a PCI bus, but no I/O space for the devices there, and
# it leaves out the tables of -acpitable (seen with qemu 7.2): what is to have devices is a q35,
# which takes 0.7 s longer to boot.
_GUEST = GuestMachine(
    kind="microvm",
    options=("pit=on", "pic=on", "isa-serial=on", "rtc=on"),
    console="ttyS0",
    console_option="SERIAL_8250_CONSOLE",
    port="ttyS1",
    second_port="isa-serial,index=1,chardev={chardev}",
    early_console="earlyprintk=serial,ttyS0,115200",
    # A triple fault is the reboot that needs no device: the others are tried for seconds in this
    # machine.
    reboot="reboot=triple",
    clock_words=x86_64_clock.words,
    # arch/x86/kernel/e820.c, parse_memmap_one
    reserving=lambda start, length: f"memmap={length}M${start}M",
    counting_words=x86_64_clock.COUNTING,
    kind_with_buses="q35",
    reads_acpi_tables=True,
    payload=x86_64_image.payload,
    starts_unpacked=x86_64_image.starts_by_itself,
)

# The same in 5.10 to 6.12 but where said.
_LOG = LogPatterns(
    # 0033 and 0023 are the code segments of programs (arch/x86/include/asm/segment.h).
    at_fault=r"RIP: (?!00[23]3)[0-9a-f]{4}:",
    # arch/x86/mm/fault.c
    fault=r"BUG: (?:kernel NULL pointer dereference|unable to handle (?:page fault|kernel))",
    # arch/x86/kernel/dumpstack.c, with `Oops: ` before every fault from 6.10
    oops=r".*: [0-9a-f]{4} \[#\d+\].*",
    # arch/x86/kernel/traps.c, handle_stack_overflow
    stack_overflow=r"BUG: (?:\S+ )?stack guard page was hit .*",
    causes=MappingProxyType(
        {
            # exc_double_fault of the same file
            "double-fault": r"PANIC: double fault.*",
            # traps.c in 6.1, cet.c later: exc_control_protection
            "landing-pad": r"Missing ENDBR: .*",
            # arch/x86/mm/fault.c, pgtable_bad
            "page-table": r".{1,16}: Corrupted page table at address .*",
        }
    ),
    # unwind_orc.c, unwind_frame.c, dumpstack_64.c and nmi.c of arch/x86/kernel
    notes=(
        r"WARNING: (?:stack recursion on stack type|kernel stack (?:regs|frame pointer) at"
        r"|can't (?:access registers|dereference) |bad lookup (?:idx|value): |[Uu]nrecognized )"
        r"|INFO: NMI handler .* took too long "
    ),
    source="arch/x86/kernel: traps.c, cet.c, dumpstack.c; arch/x86/mm/fault.c",
    stack="Call Trace:",
    # arch/x86/kernel/dumpstack.c, __die_body
    tail="CR2: ",
    # arch/x86/kernel/traps.c, do_int3: as freed code of modules is full of them where it stays
    # mapped (mm/execmem.c).
    breakpoint=r"(?:Oops: )?int3: ",
)

# MITIGATION_* are the names from 6.9 on (arch/x86/Kconfig).
_OPTIONS = (
    Option(("MITIGATION_RETPOLINE", "RETPOLINE"), "indirect calls go through thunks"),
    Option(("MITIGATION_RETHUNK", "RETHUNK"), "returns go through a thunk"),
    Option(("MITIGATION_SLS", "SLS"), "an int3 behind returns and indirect jumps"),
    Option(("X86_KERNEL_IBT",), "functions that are called indirectly begin with ENDBR"),
    Option(("CALL_PADDING",), "room in front of every function"),
    Option(("FUNCTION_PADDING_BYTES",), "how many bytes of room"),
)

X86_64 = Arch(
    names=names.X86_64,
    complete=True,
    source="x86",
    debian="amd64",
    elf_machine=62,
    bare_target="x86_64-unknown-none",
    loader="/lib64/ld-linux-x86-64.so.2",
    qemu_packages=MappingProxyType(
        {
            "apt-get": ("qemu-system-x86",),
            "dnf": ("qemu-system-x86-core",),
            "pacman": ("qemu-system-x86",),
            "zypper": ("qemu-x86",),
        }
    ),
    options=_OPTIONS,
    rust_rows=ROWS,
    software_float=SOFTWARE_FLOAT,
    clang_demands=DEMANDS,
    clang_replacements=REPLACEMENTS,
    guest=_GUEST,
    log=_LOG,
    vermagic="",
    relocations=RELOCATIONS,
    # Modules lie above the kernel's own image, which takes 512 MiB, or 1 GiB where its place is
    # random; 16 MiB at the end are the fixed map's. The kernel's symbols begin at
    # __START_KERNEL_map (page_64_types.h), and its place within a gigabyte is random.
    space=ModuleSpace(
        start=0xFFFF_FFFF_A000_0000,
        start_random=0xFFFF_FFFF_C000_0000,
        end=0xFFFF_FFFF_FF00_0000,
        kernel=0xFFFF_FFFF_8100_0000,
        source="arch/x86/include/asm/pgtable_64_types.h",
    ),
    tables=TABLES,
    stack=16 << 10,
    stack_source="arch/x86/include/asm/page_64_types.h",
    landing_pad=LandingPad(
        option="X86_KERNEL_IBT",
        name="ENDBR64",
        codes=(ENDBR64,),
        fault="#CP",
        source="arch/x86/kernel/cet.c: exc_control_protection",
    ),
    # asm/fpu/api.h, asm/fpu/sched.h
    vector_calls=VectorCalls(
        begin="kernel_fpu_begin",
        compiled_without="-mno-sse -mno-80387",
        any=frozenset(
            {
                "kernel_fpu_begin_mask",
                "kernel_fpu_begin",
                "fpregs_assert_state_consistent",
                "fpu_swap_kvm_fpstate",
                "switch_fpu_return",
            }
        ),
    ),
    # asm/stackprotector.h up to 6.14; 80d47defddc0 made it a variable. Programs: glibc's tcbhead_t.
    canary=Canary(
        option="STACKPROTECTOR",
        place=0x28,
        moved=(6, 15),
        names=frozenset({"__stack_chk_guard", "__ref_stack_chk_guard"}),
        of_programs=0x28,
    ),
    code=Reader(),
)
