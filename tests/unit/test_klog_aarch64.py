"""Crashes in the words of another architecture's kernel.

No such kernel was run: the lines are made by the formats that its source prints them with, which
each of them names.
"""

from rkmbuild.klog import klog, outcome
from rkmbuild.klog.kinds import TroubleKind
from rkmbuild.klog.lines import text_of
from rkmbuild.klog.reports import Collector

ADDRESS = "0000000000000000"
REGISTERS = [f"x{n:<2}: {n:016x} x{n - 1:<2}: {n - 1:016x} x{n - 2:<2}: {0:016x}"
             for n in range(29, 1, -3)]  # fmt: skip
OOPS = [
    # arch/arm64/mm/fault.c, die_kernel_fault
    f"Unable to handle kernel NULL pointer dereference at virtual address {ADDRESS}",
    # mem_abort_alloc of the same file
    "Mem abort info:",
    "  ESR = 0x0000000096000044",
    # arch/arm64/kernel/traps.c, __die
    "Internal error: Oops: 0000000096000044 [#1] SMP",
    # kernel/module/main.c, print_modules; lib/dump_stack.c, dump_stack_print_info
    "Modules linked in: writes(OE+)",
    "CPU: 0 PID: 62 Comm: insmod Tainted: G           OE      6.12.0-arm64 #1",
    # arch/arm64/kernel/process.c, __show_regs
    "pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)",
    "pc : writes_null+0x10/0x20 [writes]",
    "lr : writes_init+0x1c/0x1000 [writes]",
    "sp : ffff800080003bc0",
    *REGISTERS,
    # arch/arm64/kernel/stacktrace.c, dump_backtrace_entry
    "Call trace:",
    " writes_null+0x10/0x20 [writes] (P)",
    " writes_init+0x1c/0x1000 [writes]",
    " do_one_initcall+0x58/0x2c0",
    # arch/arm64/kernel/traps.c, dump_kernel_instr
    "Code: d2800000 d65f03c0 aa1e03e9 d503201f (b900001f) ",
    "---[ end trace 0000000000000000 ]---",
]


def test_an_oops_is_one_trouble_with_the_title_of_its_fault() -> None:
    log = [klog.parse(f"<1>[    2.345678] {line}") for line in OOPS]
    (trouble,) = outcome.troubles(log)
    assert trouble.kind is TroubleKind.OOPS
    assert trouble.title == OOPS[0]
    assert len(trouble.trace) == len(OOPS)


def test_a_stack_overflow_is_one_report_with_its_panic() -> None:
    # arch/arm64/kernel/traps.c, panic_bad_stack; kernel/panic.c
    lines = [
        "Insufficient stack space to handle exception!",
        "ESR: 0x0000000096000047 -- DABT (current EL)",
        "FAR: 0xffff800080003ff0",
        "Task stack:     [0xffff800080004000..0xffff800080008000]",
        "CPU: 0 PID: 62 Comm: insmod Tainted: G           OE      6.12.0-arm64 #1",
        "pc : writes_deep+0x10/0x20 [writes]",
        "lr : writes_deep+0x1c/0x20 [writes]",
        *REGISTERS,
        "Kernel panic - not syncing: kernel stack overflow",
        "CPU: 0 PID: 62 Comm: insmod Tainted: G           OE      6.12.0-arm64 #1",
        "Call trace:",
        " dump_backtrace+0x9c/0x100",
        " writes_deep+0x1c/0x20 [writes]",
        "---[ end Kernel panic - not syncing: kernel stack overflow ]---",
    ]
    (trouble,) = outcome.troubles([klog.parse(f"<0>[    2.345678] {line}") for line in lines])
    assert trouble.fatal
    assert trouble.title == (
        "stack overflow: the stack of 16 KiB ended in writes_deep+0x10/0x20 [writes]"
    )
    assert len(trouble.trace) == len(lines)


def test_its_places_are_where_the_processor_was_and_the_calls_to_there() -> None:
    collector = Collector()
    given = [collector.feed(text_of(line)) for line in OOPS]
    (report,) = filter(None, [*given, collector.flush()])
    assert (report.kind, report.release) == ("oops", "6.12.0-arm64")
    assert [(frame.symbol, frame.exact) for frame in report.frames] == [
        ("writes_null", True),
        ("writes_null", False),
        ("writes_init", False),
        ("do_one_initcall", False),
    ]
