"""One piece of code in C, in Rust on bare bindings and through the safe API, counted in a guest."""

from pathlib import Path

from bench import machine_code, overhead
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest


def _number(of: int) -> int:
    of = of ^ 61 ^ of >> 16
    of = of * 9 % (1 << 32)
    of ^= of >> 4
    of = of * 0x27D4EB2D % (1 << 32)
    return of ^ of >> 15


def _victim() -> int:
    """Reckon whom the module is to choose, of the tasks that `measure()` of measure.c makes."""
    points = {}
    for i in range(128):
        if i % 16 != 7 and i % 11 != 0:
            size = (
                _number(3 * i) % 40000 + _number(5 * i) % 9000 + _number(7 * i) % 900 * 512 // 4096
            )
            points[100 + i] = size + (_number(i) % 400 - 200) * (131072 // 1000)
    return max(points, key=lambda pid: points[pid])


def test_three_ways_choose_the_same_victim_at_the_same_cost(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    module = crate_guest.build(overhead.project_in(tmp_path), kernel_6_12)
    # Reading them fails where one way gives something else than another.
    measured = overhead.read([overhead.count(module, kernel_6_12)])
    table = overhead.rows(measured, machine_code.read(module))
    assert [row.operation for row in table] == [
        "killer", "map", "packet", "tick", "write", "read",
    ]  # fmt: skip
    killer = table[0]
    assert killer.ways["c"].result == _victim()
    assert 500 < killer.ways["c"].instructions < 10_000
    for way, most in overhead.GOALS.items():
        assert 0.8 < killer.ratio(way) <= most
