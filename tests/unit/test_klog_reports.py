"""Reports and their traces, read from logs of real kernels: see tests/vm/test_decode.py."""

from pathlib import Path

import pytest

from rkmbuild.klog.lines import text_of
from rkmbuild.klog.report import TRACE, Report
from rkmbuild.klog.reports import Collector

_LOGS = Path(__file__).parent.parent / "data" / "logs"
_RELEASES = {"6.1": "6.1.0-56-cloud-amd64", "6.12": "6.12.117+deb12-cloud-amd64"}
_WAYS = "_RNvNtCs9QyhKnBGpkf_7crashes4ways"

both = pytest.mark.parametrize("kernel", _RELEASES)


def reports(text: str) -> list[Report]:
    collector = Collector()
    given = [collector.feed(text_of(line)) for line in text.splitlines()]
    return [report for report in [*given, collector.flush()] if report]


def recorded(name: str, kernel: str) -> str:
    return (_LOGS / f"{name}-{kernel}.txt").read_text()


def symbols(report: Report, module: str) -> list[str]:
    return [f.symbol for f in report.frames if f.module == module and f.reliable]


@both
def test_each_crash_is_one_report(kernel: str) -> None:
    found = reports(recorded("crashes", kernel))
    kinds = [str(report.kind) for report in found if "2 seconds" not in report.title]
    assert kinds == [
        "warning", "stall", "oops", "oops", "oops", "bug", "bug", "bug", "stall", "oops",
    ]  # fmt: skip
    assert {report.release for report in found} == {_RELEASES[kernel]}


@both
def test_the_functions_of_a_module_are_in_the_order_of_the_stack(kernel: str) -> None:
    null = next(r for r in reports(recorded("crashes", kernel)) if "NULL" in r.title)
    first, second, third = symbols(null, "crashes")
    assert (first, second) == (f"{_WAYS}4null", f"{_WAYS}5crash")
    assert third.endswith("10write_iterBY_")
    assert [f.exact for f in null.frames if f.module and f.reliable] == [True, False, False]


@both
def test_the_registers_of_an_older_oops_are_not_taken_for_those_of_this_one(kernel: str) -> None:
    # They stand behind the end of a trace, and what is at that address may be another module now.
    text = recorded("crashes", kernel)
    assert text.count("RIP: 0010:0xffffffffc") >= 1
    for report in reports(text):
        assert sum(frame.exact for frame in report.frames) <= 1


@both
def test_an_address_without_a_name_comes_with_the_module_that_was_unloaded(kernel: str) -> None:
    left = next(r for r in reports(recorded("crashes", kernel)) if "page fault" in r.title)
    assert left.unloaded == "leaves"
    assert left.frames[0].address is not None
    assert left.frames[0].exact


@both
def test_a_task_that_sysrq_shows_is_a_report_too(kernel: str) -> None:
    for name, function in (("loops", "loops_for_ever"), ("sleeps", "sleeps_init")):
        shown = [r for r in reports(recorded(name, kernel)) if symbols(r, name)]
        assert shown
        assert {report.kind for report in shown} == {TRACE}
        assert symbols(shown[0], name)[0] == function


@both
def test_a_boot_and_a_clean_module_have_no_report(kernel: str) -> None:
    assert reports(recorded("clean", kernel)) == []


@both
def test_what_rust_code_said_goes_with_the_bug_that_it_ends_in(kernel: str) -> None:
    said = [report.panic for report in reports(recorded("crashes", kernel)) if report.panic]
    assert len(said) == 2
    index, asked = said
    assert index.startswith("panicked at src/ways.rs:")
    assert index.endswith(": index out of bounds: the len is 3 but the index is 6")
    assert asked.endswith(": asked to, with 7")


@both
def test_rust_code_that_says_its_place_alone_is_understood(kernel: str) -> None:
    lines = recorded("crashes", kernel).splitlines()
    told = [number for number, line in enumerate(lines) if ": panicked at " in line]
    text = "\n".join(line for number, line in enumerate(lines) if number - 1 not in told)
    said = [report.panic for report in reports(text) if report.panic]
    assert said == ["panicked at src/ways.rs:37:18", "panicked at src/ways.rs:18:21"]


@both
def test_a_panic_is_a_report(kernel: str) -> None:
    (panic,) = reports(recorded("panics", kernel))
    assert (panic.kind, panic.title) == ("panic", "panics: on purpose, 42")
    assert symbols(panic, "panics")


def test_a_log_that_ends_in_a_trace_gives_what_there_is() -> None:
    text = recorded("crashes", "6.12")
    cut = text[: text.index("ksys_write")]
    (report,) = reports(cut)
    assert symbols(report, "crashes")[0] == "crashes_warn"


def test_a_trace_is_found_without_its_markers() -> None:
    (report,) = reports("Call Trace:\n f+0x1/0x2 [m]\n" + "something else\n" * 100)
    assert (report.kind, len(report.frames)) == (TRACE, 1)


def test_the_build_id_of_a_module_is_read_where_the_kernel_prints_it() -> None:
    build_id = "3f2a" * 10
    (report,) = reports(f"Call Trace:\n ? f+0x1/0x2 [m {build_id}]\n g+0x3/0x4 [m {build_id}] (E)")
    assert [frame.build_id for frame in report.frames] == [build_id] * 2
    assert [frame.reliable for frame in report.frames] == [False, True]


def test_a_stack_that_was_corrupted_names_its_function_in_the_first_line() -> None:
    line = (
        "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: f+0x1/0x2 [m]"
    )
    (report,) = reports(line)
    assert [str(frame) for frame in report.frames] == ["f+0x1/0x2 [m]"]


def test_a_stack_without_end_is_cut_off() -> None:
    (report,) = reports("Call Trace:\n" + " f+0x1/0x2 [m]\n" * 5_000)
    assert len(report.frames) == 1024


# What 7.3 said of a thread whose module had gone, but for the registers.
_BREAKPOINT = """\
Oops: int3: 0000 [#1] SMP NOPTI
CPU: 0 UID: 0 PID: 111 Comm: rmmod Tainted: G           OE       7.3.4+deb13-cloud-amd64 #1 PREEMPT
RIP: 0010:0xffffffffc0601051
Call Trace:
 <TASK>
 ? late_exit+0x9/0xff0 [late]
 ? __do_sys_delete_module+0x1b5/0x320
 </TASK>
Modules linked in: late(OE-) [last unloaded: circles(OE)]
---[ end trace 0000000000000000 ]---
"""


@pytest.mark.parametrize(
    ("title", "behind"), [("Oops: int3: ", 1), ("Oops: general protection fault: ", 0)]
)
def test_at_a_breakpoint_the_processor_is_behind_it(title: str, behind: int) -> None:
    (report,) = reports(_BREAKPOINT.replace("Oops: int3: ", title))
    assert [frame.behind for frame in report.frames] == [behind, 0, 0]
    assert str(report.frames[0]) == "0xffffffffc0601051"
