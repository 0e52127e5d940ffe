"""The reckoning of `bench.overhead`, on what a guest printed."""

from pathlib import Path

import pytest

from bench import machine_code, overhead, smaller
from bench.machine_code import Code

_RECORDED = Path(__file__).parents[1] / "data" / "bench" / "overhead.txt"


def _said() -> list[str]:
    return _RECORDED.read_text().splitlines()


def _code() -> dict[tuple[str, str], Code]:
    parts = ("killer", "map", "packet", "tick", "device")
    return {(part, way): Code(100, 8) for part in parts for way in overhead.WAYS}


def test_what_the_loop_takes_is_taken_off() -> None:
    took = {}
    for line in _said():
        if "measured killer" in line:
            words = line.split("measured killer ")[1].replace(":", "").split()
            took[words[0]] = int(words[1]) / int(words[3])
    (killer,) = (
        each
        for each in overhead.read([_said()])
        if (each.operation, each.way) == ("killer", "safe")
    )
    assert killer.runs == (took["safe"] - took["nothing"],)
    assert killer.instructions > 500


def test_runs_that_are_alike_do_not_differ() -> None:
    measured = overhead.read([_said()] * 3)
    assert {each.spread for each in measured} == {0}
    assert {len(each.runs) for each in measured} == {3}


def test_ways_that_give_different_things_are_no_ways_to_do_one_thing() -> None:
    said = [
        line.replace("result 169", "result 170") if "killer safe" in line else line
        for line in _said()
    ]
    with pytest.raises(ValueError, match="killer gives 169, 170"):
        overhead.read([said])


def test_a_way_that_takes_more_misses_its_goal() -> None:
    table = overhead.rows(overhead.read([_said()]), _code())
    assert [row.operation for row in table] == [
        "killer", "map", "packet", "tick", "write", "read",
    ]  # fmt: skip
    for row in table:
        for way, most in overhead.GOALS.items():
            assert row.meets(way) == (row.ratio(way) <= most)
            assert (" MISSED" in "".join(row.cells())) >= (not row.meets(way))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("c_killer_choose", ("killer", "c")),
        ("c_device_read.cold", ("device", "c")),
        ("three_ways::bare::map::count", ("map", "bare")),
        ("three_ways::seam::choose", ("killer", "safe")),
        ("kernel::time::timer::run::<three_ways::safe::tick::Tick>", ("tick", "safe")),
        ("three_ways::seam::of", None),
        ("measure_one", None),
        ("rust_helper_copy_to_iter", None),
    ],
)
def test_a_function_is_of_one_part_in_one_way(name: str, place: tuple[str, str] | None) -> None:
    assert machine_code.place(name) == place


def test_ways_to_be_smaller_change_the_example() -> None:
    text = smaller.example().read_text()
    sources = [smaller.source(change, text) for change in smaller.changes()]
    assert sources[0].replace("\n", "") == text.replace("\n", "")
    for change, source in list(zip(smaller.changes(), sources, strict=True))[1:]:
        assert source != sources[0] or change.get("manifest"), change["name"]
