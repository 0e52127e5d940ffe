"""Logs that nobody printed: damaged, cut off, without end, or made to steer a terminal."""

import random
import time
from pathlib import Path

import pytest

from rkmbuild.klog.frames import Frame
from rkmbuild.klog.lines import text_of
from rkmbuild.klog.report import Report
from rkmbuild.klog.reports import Collector
from rkmbuild.trace import text
from rkmbuild.trace.addr2line import Spot, answers
from rkmbuild.trace.decoded import Decoded, DecodedFrame, DecodedStack

_LOGS = Path(__file__).parent.parent / "data" / "logs"


def reports(lines: list[str]) -> list[Report]:
    collector = Collector()
    given = [collector.feed(text_of(line)) for line in lines]
    return [report for report in [*given, collector.flush()] if report]


def test_a_damaged_log_is_read_to_its_end() -> None:
    whole = (_LOGS / "crashes-6.12.txt").read_text().splitlines()
    generator = random.Random(3)  # noqa: S311 - the same damage each time
    found = 0
    for _ in range(30):
        lines = list(whole)
        for _ in range(len(lines) // 4):
            at = generator.randrange(len(lines))
            line = lines[at]
            cut = generator.randrange(len(line) + 1)
            lines[at] = generator.choice(
                (line[:cut], line[cut:], line + line, "", chr(generator.randrange(0x110000)))
            )
        generator.shuffle(lines[: generator.randrange(len(lines))])
        found += len(reports(lines))
    assert found > 30


@pytest.mark.parametrize(
    "line",
    [
        "x" * 5_000_000,
        "[" * 1_000_000,
        " " * 1_000_000 + "f+0x1/0x2",
        "? " * 500_000,
        "Tainted: " * 200_000,
        "RIP: 0010:" + "a+" * 500_000,
        "Kernel panic - not syncing: stack-protector: " + " in: " * 200_000,
        "INFO: " + "detected " * 200_000,
        "a: 0000 [#" * 100_000,
        "<1>" * 300_000,
    ],
    ids=lambda line: line[:12],
)
def test_no_line_takes_long(line: str) -> None:
    started = time.monotonic()
    reports(["Call Trace:", line, line])
    assert time.monotonic() - started < 2


def test_the_numbers_of_a_frame_have_a_limit() -> None:
    huge = f"Call Trace:\n f+0x{'f' * 17}/0x1 [m]\n {'n' * 1025}+0x1/0x2 [m]"
    assert reports(huge.splitlines()) == []


def test_names_cannot_steer_the_terminal() -> None:
    spot = Spot("f\x1b[31m", "/src/\x1b]0;title\x07.rs", 3, inlined=False)
    frame = DecodedFrame(
        frame=Frame(symbol="_Rf\x1b[2J", module="m"),
        module="m",
        name="f\x1b[2J",
        spots=(spot,),
        sources=("let a = 1; \x1b[31m",),
    )
    report = Report(kind="oops", title="BUG: \x1b[31m", line=1)
    bare = DecodedFrame(frame=Frame(symbol="_Rg\x9b31m"), module="m", name="_Rg\x9b31m")
    shown = list(
        text.lines(Decoded(report=report, stacks=[DecodedStack(title="", frames=[frame, bare])]))
    )
    assert len(shown) == 4
    assert all(c.isprintable() for line in shown for c in line)


def test_names_that_are_too_long_are_shortened() -> None:
    generic = "core::iter::fold::<" + "alloc::vec::Vec<u8>, " * 20 + "u8>"
    frames = [
        DecodedFrame(frame=Frame(symbol="_RNv"), module="m", name=name)
        for name in (generic, "x" * 5000, "<" * 5000)
    ]
    stack = DecodedStack(title="", frames=frames)
    shown = list(text.lines(Decoded(report=Report(kind="bug", title="t", line=1), stacks=[stack])))
    assert all(len(line) < 150 for line in shown)
    assert any("core::iter::fold" in line for line in shown)


def test_what_addr2line_says_is_read_whatever_it_is() -> None:
    said = "0x0000000000000010\n" + "f\nfile.rs:1\n" * 100_000
    ((offset, spots),) = answers(said)
    assert offset == 0x10
    assert len(spots) == 64
    assert dict(answers("nonsense\n0x0000000000000010\n??\n??:0\n0x0000000000000020\nf\n")) == {
        0x10: (),
        0x20: (Spot("f", "", 0, inlined=False),),
    }
    ((_, (spot,)),) = answers("0x0000000000000010\nf\n/a/b.rs:99999999999999\n")
    assert spot.line == 0
