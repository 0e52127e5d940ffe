"""Whether loading and unloading a module again and again costs memory.

Counted is what the kernel itself counts: objects of each slab cache, memory that slabs and large
kmallocs take, areas of vmalloc by who asked for them. A module's own comings and goings leave
things behind that are freed later (RCU, dentries) and fill caches once; so there is a warm-up, all
that can be freed is freed before each count, and a leak is only what grows in proportion: in each
of two halves by one for each cycle or more.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

WARM_UP = 5

# Without merging, a cache's objects are of one kind (mm/slab_common.c). With checks of consistency
# no processor keeps objects at hand: from 7.0 on these would be dozens of each small cache, counted
# as in use (calculate_sheaf_capacity, mm/slub.c).
COMMAND_LINE = "slab_nomerge slub_nomerge slub_debug=F"

# The least that comes of kmalloc past its caches, which end at two pages: order 2
# (KMALLOC_MAX_CACHE_SIZE, include/linux/slab.h). Smaller growth is the caches' own.
_LARGE_KIB = 16

# kfree_rcu() gathers for up to 5 s (KFREE_DRAIN_JIFFIES, kernel/rcu/tree.c), but its shrinker hands
# over at once when drop_caches calls it; then a grace period has to pass. Objects on a processor's
# own slabs count as used until the cache is shrunk (get_slabinfo, mm/slub.c). To shrink one is to
# open a file, and up to 6.6 open files are freed by RCU (file_free, fs/file_table.c): those are
# waited for, and the caches that they were in shrunk once more. A busy machine may not come to it
# within one round: what one of them finds free is no leak.
COUNT = """\
sync
for round in 1 2 3; do
    echo 3 >/proc/sys/vm/drop_caches; sleep 0.3
    for cache in /sys/kernel/slab/*/shrink; do echo 1 >"$cache"; done 2>/dev/null
    sleep 0.1
    for cache in dentry lsm_inode_cache lsm_file_cache filp; do
        echo 1 >/sys/kernel/slab/$cache/shrink
    done 2>/dev/null
    awk 'NR > 2 { print "slab", $1, $2, $4 }' /proc/slabinfo
done
awk '$3 != "unpurged" { print "vmalloc", $3, $2 }' /proc/vmallocinfo
awk '/^SUnreclaim:/ { print "unreclaimable", $2 }' /proc/meminfo
if [ -e /sys/kernel/debug/kmemleak ]; then
    echo scan >/sys/kernel/debug/kmemleak; sleep 6; echo scan >/sys/kernel/debug/kmemleak
    awk '/^unreferenced/ { print "kmemleak", $0 }' /sys/kernel/debug/kmemleak
fi
true
"""


def load_and_unload(load: str, unload: str, count: int) -> str:
    """Return a shell script that does both `count` times, and stops at a failure."""
    return (
        f"cycle=0; while [ $cycle -lt {count} ]; do {load} || exit 1; {unload} || exit 1; "
        "cycle=$((cycle + 1)); done"
    )


def halves(count: int) -> tuple[int, int]:
    """Return the cycles before the count in the middle and those after it."""
    return count // 2, count - count // 2


@dataclass(frozen=True)
class Memory:
    """What one count found.

    Attributes:
        slabs: Objects in use, by cache: the fewest of all rounds.
        sizes: Bytes of an object, by cache.
        areas: Areas of vmalloc, by the function that asked.
        unreclaimable: KiB of slabs and large kmallocs.
        unreferenced: Objects that kmemleak found without a reference, where the kernel has it.
    """

    slabs: Counter[str]
    sizes: dict[str, int]
    areas: Counter[str]
    unreclaimable: int
    unreferenced: int


def read(lines: Sequence[str]) -> Memory:
    """Read what `COUNT` printed.

    Raises:
        ValueError: there is no slabinfo in it: the kernel has none, or the count was cut short.
    """
    slabs: Counter[str] = Counter()
    sizes: dict[str, int] = {}
    areas: Counter[str] = Counter()
    unreclaimable = unreferenced = 0
    for line in lines:
        match line.split():
            case ["slab", name, objects, size]:
                slabs[name] = min(int(objects), slabs.get(name, int(objects)))
                sizes[name] = int(size)
            case ["vmalloc", caller, _size]:
                # What has no name any more was asked for by a module that is gone.
                name = re.sub(r"^0x.*", "the module", re.sub(r"\+0x.*", "", caller))
                areas[name] += 1
            case ["unreclaimable", kib]:
                unreclaimable = int(kib)
            case ["kmemleak", *_]:
                unreferenced += 1
    if not slabs:
        raise ValueError("the kernel tells nothing of its slabs")
    return Memory(slabs, sizes, areas, unreclaimable, unreferenced)


def found(counts: Sequence[Memory], cycles: tuple[int, int]) -> list[str]:
    """Return what leaks, a line each.

    Args:
        counts: Three: after the warm-up, in the middle, at the end.
        cycles: How many there were in each half.
    """
    start, _, end = counts
    total = sum(cycles)
    lines = []
    for name in sorted(end.slabs):
        more = _growth([count.slabs[name] for count in counts], cycles)
        if more:
            size = end.sizes[name]
            lines.append(f"slab {name}: {more} more objects of {size} bytes in {total} cycles")
    for caller in sorted(end.areas):
        more = _growth([count.areas[caller] for count in counts], cycles)
        if more:
            lines.append(f"vmalloc by {caller}: {more} more areas in {total} cycles")
    more = _growth([count.unreclaimable for count in counts], cycles, _LARGE_KIB)
    if more:
        lines.append(f"slabs and large kmallocs: {more} KiB more in {total} cycles")
    more = end.unreferenced - start.unreferenced
    if more > 0:
        lines.append(f"kmemleak: {more} objects without a reference")
    return lines


def _growth(numbers: Sequence[int], cycles: tuple[int, int], step: int = 1) -> int:
    """Return by how much three numbers grew, or 0 where not by `step` a cycle in each half."""
    start, middle, end = numbers
    first, second = cycles
    grew = middle - start >= first * step and end - middle >= second * step
    return end - start if grew else 0
