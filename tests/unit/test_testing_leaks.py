"""What counts as a leak, and what is a cache's own up and down."""

import pytest

from rkmbuild.testing import leaks

_COUNT = """\
slab kmalloc-128 {kmalloc} 128
slab dentry {dentry} 192
vmalloc 0xffffffffc0383010 {size}
{areas}unreclaimable {kib}
"""


def _memory(kmalloc: int, *, dentry: int = 900, areas: int = 0, kib: int = 4000) -> leaks.Memory:
    extra = "vmalloc module_alloc+0x51/0x90 8192\n" * areas
    text = _COUNT.format(kmalloc=kmalloc, dentry=dentry, size=8192, areas=extra, kib=kib)
    return leaks.read(text.splitlines())


def test_one_object_a_cycle_is_a_leak() -> None:
    found = leaks.found([_memory(500), _memory(510), _memory(520)], (10, 10))
    assert found == ["slab kmalloc-128: 20 more objects of 128 bytes in 20 cycles"]


def test_growth_in_one_half_alone_is_none() -> None:
    counts = [_memory(500), _memory(540, dentry=980), _memory(541, dentry=985)]
    assert leaks.found(counts, (10, 10)) == []
    assert leaks.found([_memory(500), _memory(500), _memory(540)], (10, 10)) == []


def test_memory_past_the_slabs_is_looked_at_too() -> None:
    counts = [_memory(5, areas=n, kib=4000 + 16 * n) for n in (0, 10, 20)]
    assert leaks.found(counts, (10, 10)) == [
        "vmalloc by module_alloc: 20 more areas in 20 cycles",
        "slabs and large kmallocs: 320 KiB more in 20 cycles",
    ]


def test_an_area_of_a_function_without_a_name_is_the_modules() -> None:
    assert _memory(1).areas == {"the module": 1}


def test_what_one_round_finds_free_is_in_use_in_none() -> None:
    lines = [f"slab filp {objects} 256" for objects in (48, 32, 32)]
    assert leaks.read(lines).slabs == {"filp": 32}


def test_a_count_without_slabs_says_so() -> None:
    with pytest.raises(ValueError, match="nothing of its slabs"):
        leaks.read(["unreclaimable 12"])


def test_the_halves_are_all_the_cycles() -> None:
    assert leaks.halves(21) == (10, 11)
