"""What init must not call, and what is gone once init has returned."""

from rkmbuild.ko import elf
from rkmbuild.ko.calls import Calls, Place
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, notes
from rkmbuild.verdict.subject import Subject

# init runs in the thread of finit_module, which is no kernel thread: what ends or asks the calling
# kernel thread (kernel/kthread.c, kernel/module/main.c) ends insmod, with the module half-loaded
# for good, or follows a pointer that is none.
NOT_IN_INIT = frozenset(
    {
        "do_exit", "kthread_exit", "kthread_complete_and_exit", "complete_and_exit",
        "__module_put_and_kthread_exit", "__module_put_and_exit",
        "kthread_should_stop", "kthread_should_park", "kthread_parkme",
    }
)  # fmt: skip

_INIT = ".init"
# The kernel's own mark for what may refer to init (include/linux/init.h: __ref), and the code of
# alternatives, which is run where it stands for.
_MAY = (".ref.", ".altinstr")
_DATA = (".data", ".rodata")
_SHOWN = 3


def check(subject: Subject, calls: Calls, report: FindingList) -> None:
    """Judge what init calls, and what refers to it."""
    start = _init(subject)
    for place in calls.reached(start) if start else ():
        for called in sorted(calls.imports.get(place, ())):
            how = "calls" if place == start else "reaches this function, which calls"
            message = f"init {how} `{called}`: it is no kernel thread"
            report.add(dangers.NOT_IN_INIT, message, place=subject.function_at(*place))
    _references(subject, report)


def _init(subject: Subject) -> Place | None:
    """Return where struct module says that init is."""
    file = subject.file
    layout = subject.target.struct_module
    pointer = subject.target.arch.relocations.pointer
    for table in file.sections:
        if table.type != elf.SHT_RELA or table.info != subject.index.module or not layout:
            continue
        for offset, kind, number, addend in file.relocations(table).rows():
            if offset == layout.init_at and kind == pointer and number < len(subject.symbols):
                symbol = subject.symbols[number]
                return symbol.shndx, symbol.value + addend
    return None


def _references(subject: Subject, report: FindingList) -> None:
    """Find references from what stays to what do_init_module() frees: sections named `.init*`."""
    file = subject.file
    freed = {
        number
        for number, name in enumerate(file.names)
        if name.startswith(_INIT) and subject.allocated[number]
    }
    inside = {number for number, symbol in enumerate(subject.symbols) if symbol.shndx in freed}
    if not inside:
        return
    for table in file.sections:
        home = table.info
        if table.type != elf.SHT_RELA or not 0 < home < len(file.sections) or home in freed:
            continue
        name = file.names[home]
        code = file.sections[home].executable
        if not subject.allocated[home] or name.startswith(_MAY):
            continue
        if not code and not name.startswith(_DATA):
            continue  # tables that the kernel reads, and knows to be of init
        _told(subject, table, inside, report, code=code)


def _told(
    subject: Subject, table: elf.Section, inside: set[int], report: FindingList, *, code: bool
) -> None:
    shown: set[str] = set()
    for offset, kind, number, _ in subject.file.relocations(table).rows():
        if number not in inside or not kind:
            continue
        where = _name_at(subject, table.info, offset)
        if where in shown:
            continue
        shown.add(where)
        if len(shown) > _SHOWN:
            return
        target = subject.symbol_name(subject.symbols[number])
        rule = dangers.FREED_CODE_USED if code else notes.FREED_CODE_KEPT
        message = f"refers to `{target}`, which is freed once init has returned"
        report.add(rule, message, place=where)


def _name_at(subject: Subject, section: int, offset: int) -> str:
    for symbol in subject.symbols:
        here = symbol.type == elf.STT_OBJECT and symbol.shndx == section
        if here and symbol.value <= offset < symbol.value + symbol.size:
            return subject.symbol_name(symbol)
    return subject.function_at(section, offset)
