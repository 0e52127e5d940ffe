"""Reading KTAP: logs of real kernels, and each form that the protocol has."""

from pathlib import Path

import pytest

from rkmbuild.klog import ktap
from rkmbuild.klog.ktap import KtapOutput, KtapStatus

_LOGS = Path(__file__).parents[1] / "data" / "ktap"


def _read(text: str) -> KtapOutput:
    report = ktap.parse(text.splitlines())
    assert report
    return report


def _outcomes(report: KtapOutput) -> dict[str, str]:
    return {result.name: result.outcome.value for result in report.results}


@pytest.mark.parametrize("series", ["6.1", "6.12"])
def test_the_log_of_a_module_with_tests_is_read_whatever_else_is_in_it(series: str) -> None:
    report = _read((_LOGS / f"module-{series}.txt").read_text())
    assert _outcomes(report) == {
        "tested::tests::passes": "passed",
        "tested::tests::fails": "failed",
        "tested::tests::fails_in_a_closure": "failed",
        "tested::tests::returns_an_error": "failed",
        "tested::tests::does_not_apply": "skipped",
        "tested::tests::comes_after_a_panic": "passed",
        "tested::as_upstream::two_and_two": "passed",
        "tested::as_upstream::one_returns": "passed",
    }
    fails = report.results[1]
    assert fails.lines[0] == "tested: said by a test that fails"
    assert fails.lines[1] == "# ASSERTION FAILED at src/lib.rs:57"
    # The last test panicked: its kernel died before there was a result.
    assert report.problems == ("1 planned, but 0 came",)
    assert any("panicked at" in line for line in report.lines)


def test_a_log_without_a_version_line_is_none_of_this_kind() -> None:
    assert ktap.parse(["ok 1 looks like it", "1..1"]) is None
    assert ktap.parse([]) is None


def test_tests_are_nested_by_their_indentation() -> None:
    report = _read(
        "KTAP version 1\n1..2\n"
        "    KTAP version 1\n    # Subtest: inner\n    1..2\n"
        "        KTAP version 1\n        1..1\n        # deep: a remark\n        ok 1 deepest\n"
        "    ok 1 deep\n    not ok 2 other\n"
        "# inner: pass:1 fail:1 skip:0 total:2\nnot ok 1 inner\n"
        "ok 2 last # SKIP no such hardware\n"
    )
    inner, last = report.results
    assert report.problems == ()
    assert (inner.outcome, [sub.name for sub in inner.subtests]) == (
        KtapStatus.FAILED,
        ["deep", "other"],
    )
    assert inner.subtests[0].subtests[0].name == "deepest"
    assert inner.subtests[0].subtests[0].lines == ("        # deep: a remark",)
    assert (last.outcome, last.reason) == (KtapStatus.SKIPPED, "no such hardware")


def test_what_older_kernels_print_is_read() -> None:
    report = _read(
        "[    0.060000] TAP version 14\n"
        "[    0.060000] \t# Subtest: a suite\n[    0.060000] \t1..1\n"
        "[    0.060000] random: crng init done\n"
        "[    0.060000] \tok 1 - a_case\n[    0.060000] ok 1 - a suite\n"
    )
    (suite,) = report.results
    assert (suite.name, suite.subtests[0].name) == ("a suite", "a_case")
    assert report.problems == ()


@pytest.mark.parametrize(
    ("line", "outcome", "reason"),
    [
        ("ok 1 x", KtapStatus.PASSED, ""),
        ("not ok 1 x", KtapStatus.FAILED, ""),
        ("ok 1 x # SKIP why", KtapStatus.SKIPPED, "why"),
        ("not ok 1 x # SKIP", KtapStatus.SKIPPED, ""),
        ("not ok 1 x # TODO some day", KtapStatus.PASSED, "some day"),
        ("not ok 1 x # XFAIL known", KtapStatus.PASSED, "known"),
        ("not ok 1 x # TIMEOUT 30 seconds", KtapStatus.TIMEOUT, "30 seconds"),
        ("not ok 1 x # ERROR: no memory", KtapStatus.ERROR, "no memory"),
        ("ok 1 x # rcode=0", KtapStatus.PASSED, "rcode=0"),
        ("ok 1 - x", KtapStatus.PASSED, ""),
    ],
)
def test_each_directive_has_its_outcome(line: str, outcome: KtapStatus, reason: str) -> None:
    (result,) = _read(f"KTAP version 1\n1..1\n{line}\n").results
    assert (result.name, result.outcome, result.reason) == ("x", outcome, reason)


def test_lines_with_the_levels_and_callers_of_a_console_are_read() -> None:
    report = _read(
        "<6>[    1.5][   T12] KTAP version 1\n<6>[    1.5][   T12] 1..1\n"
        "<4>[    1.6][    C0] clocksource: tsc: marked unstable\n<6>[    1.7][   T12] ok 1 x\n"
    )
    assert _outcomes(report) == {"x": "passed"}
    assert report.results[0].lines == ("clocksource: tsc: marked unstable",)


def test_an_end_inside_a_nested_test_is_a_problem_and_keeps_what_came() -> None:
    report = _read("KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 first\n  Oops\n")
    (unfinished,) = report.results
    assert unfinished.outcome is KtapStatus.ERROR
    assert [sub.name for sub in unfinished.subtests] == ["first"]
    assert unfinished.lines == ("  Oops",)
    assert "it ends inside a nested test" in report.problems
    assert "2 planned, but 1 came" in report.problems


def test_results_that_are_lost_or_out_of_order_are_a_problem() -> None:
    assert _read("KTAP version 1\n1..3\nok 1 a\nok 3 c\n").problems == (
        "result 3 where 2 should be",
        "3 planned, but 2 came",
    )
    assert _read("TAP version 13\n1..2\nok 1 a\nBail out! no root\n").problems == (
        "it bailed out: no root",
        "2 planned, but 1 came",
    )


def test_the_comments_of_a_nested_kselftest_are_no_results() -> None:
    report = _read("TAP version 13\n1..1\n# TAP version 13\n# 1..1\n# not ok 1 in\nok 1 out\n")
    assert _outcomes(report) == {"out": "passed"}
