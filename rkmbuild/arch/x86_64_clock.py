"""What a guest is told of the time stamp counter, x86_64's clock."""

import re
from pathlib import Path

_NO_TIMER_CHECK = "no_timer_check"
COUNTING = ("tsc_early_khz=1000000", "tsc=reliable")
"""What it is told where the counter counts instructions, a thousand million a second."""


def words(host: Path) -> list[str]:
    """Return what a guest under TCG is told of its clock, as words for the kernel's command line.

    The guest's time stamp counter is the host's. A guest that measures it itself, against a timer
    that the host emulates, fails at that now and then while the host is busy, and then hangs: it
    has no other clock to fall back to. So it is told (`tsc_early_khz=`).

    A guest compares the counter with the ticks that it has seen, too, of which a busy host loses
    some, and then goes by the ticks (kernel/time/clocksource.c). Without ticks, which it stops
    when it has nothing to do, time stands still for it, and what it waits for never comes. So it
    is told not to (`tsc=reliable`) where the frequency is certain. Of a processor that changes its
    own it may be off, and so is then the guest's clock until it goes by the ticks.

    Before all that it counts some ticks of a timer in a few milliseconds, and panics ("IO-APIC +
    timer doesn't work!") where too few came in that time; this is left out, as under hypervisors
    that it knows (no_timer_check, arch/x86/kernel/apic/io_apic.c: timer_irq_works).

    Args:
        host: Where the host's /sys and /proc are.
    """
    return [_NO_TIMER_CHECK, *_frequency(host)]


def _frequency(host: Path) -> list[str]:
    changes = host / "sys/devices/system/cpu/cpu0/cpufreq"
    base = changes / "base_frequency"
    try:
        if base.exists():
            return [f"tsc_early_khz={int(base.read_text())}", "tsc=reliable"]
        text = (host / "proc/cpuinfo").read_text()
    except (OSError, ValueError):
        return []
    found = re.search(r"\ncpu MHz\s*:\s*(\d+)\.(\d{3})", text)
    if not found:
        return []
    return [f"tsc_early_khz={found[1]}{found[2]}", *([] if changes.exists() else ["tsc=reliable"])]
