"""Where the loader would put a module's sections, and whether they fit."""

from rkmbuild.ko import elf
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, refusals
from rkmbuild.verdict.subject import Subject

_PAGE = 4096
# A loader in the middle of its space: far from both ends, as after some minutes of uptime.
_OFFSET = 0x0200_0000
# include/linux/percpu.h: PERCPU_MODULE_RESERVE
_PERCPU_RESERVE = 8 << 10
# per-CPU addresses of modules are small: they lie in the first chunk, counted from the area's start
PERCPU_ADDRESS = 0x2_0000
# More than any machine need have to spare; whether such a module loads depends on its memory.
_MUCH = 256 << 20


def place(subject: Subject, report: FindingList) -> list[int]:
    """Return the address of each section as the loader could choose them, 0 for those left out.

    layout_sections (kernel/module/main.c): code, read-only data, data that is read-only after init,
    data; the same again for .init sections; each kind in the order of the file.
    """
    file, config = subject.file, subject.target.config
    _write_and_execute(subject, report)
    space = subject.target.arch.space
    begin = space.start_random if config.on("RANDOMIZE_BASE") else space.start
    at = start = begin + _OFFSET
    addresses = [0] * len(file.sections)
    for number in _order(subject):
        section = file.sections[number]
        align = section.addralign or 1
        if align & (align - 1) or align > _PAGE:
            align = 1
        at = (at + align - 1) & ~(align - 1)
        addresses[number] = at
        at += section.size
    size = at - start
    if size >= 1 << 32:
        report.add(dangers.SIZE_WRAPS, f"the sections sum up to {size:#x} bytes", place="sections")
    elif size > space.end - begin:
        report.add(refusals.TOO_LARGE, f"the sections need {size >> 20} MiB")
    elif size > _MUCH:
        report.add(
            dangers.MUCH_MEMORY, f"the sections need {size >> 20} MiB of the kernel's memory"
        )
    addresses[subject.index.percpu] = PERCPU_ADDRESS if subject.index.percpu else 0
    return addresses


def _order(subject: Subject) -> list[int]:
    def kind(number: int) -> int:
        section = subject.file.sections[number]
        if section.executable:
            return 0
        return 2 if section.flags & elf.SHF_WRITE else 1

    numbers = [number for number, alloc in enumerate(subject.allocated) if alloc]
    names = subject.file.names
    return sorted(numbers, key=lambda number: (names[number].startswith(".init"), kind(number)))


def _write_and_execute(subject: Subject, report: FindingList) -> None:
    """module_enforce_rwx_sections (kernel/module/strict_rwx.c): every section, allocated or not."""
    if not subject.target.config.on("STRICT_MODULE_RWX"):
        return
    both = elf.SHF_WRITE | elf.SHF_EXECINSTR
    for number, section in enumerate(subject.file.sections):
        if section.flags & both == both:
            report.add(
                refusals.WRITE_AND_EXECUTE,
                f"section {number} is writable and executable",
                place=subject.file.names[number],
                log="has invalid WRITE|EXEC flags",
            )
            return


def percpu(subject: Subject, report: FindingList) -> None:
    """Judge the per-CPU variables: percpu_modalloc, percpu_modcopy (kernel/module/main.c)."""
    number = subject.index.percpu
    if not number:
        return
    section = subject.file.sections[number]
    if section.size > _PERCPU_RESERVE:
        report.add(
            refusals.PERCPU_SIZE,
            f"per-CPU variables take {section.size} bytes, and there are {_PERCPU_RESERVE}",
            place=subject.file.names[number],
            log="bytes percpu data",
        )
    if section.type == elf.SHT_NOBITS and section.size:
        # percpu_modcopy() copies from the file, wherever sh_offset points
        report.add(
            dangers.SPECIAL_SECTION, "per-CPU variables have no contents", place=".data..percpu"
        )
