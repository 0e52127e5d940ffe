"""The forms that results come in: for a person, JUnit's XML, KTAP, JSON."""

import json
import os
from dataclasses import replace
from pathlib import Path

import junitparser
import pytest

from rkmbuild.base.errors import StorageError
from rkmbuild.klog import ktap as protocol
from rkmbuild.klog.kinds import TroubleKind, Verdict
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.klog.trouble import Trouble
from rkmbuild.testing import junit_document, ktap_document, printing
from rkmbuild.testing.cases import Case, CaseKind
from rkmbuild.testing.results import KernelRun, Session, Status, TestResult

_OLD, _NEW = "6.1.0-1-amd64", "6.12.9-amd64"


def _result(name: str, release: str, status: Status, message: str = "") -> TestResult:
    kind = CaseKind.SCRIPT if name.startswith("tests/") else CaseKind.KERNEL
    return TestResult(
        case=Case(kind=kind, name=name, file="src/lib.rs", line=7),
        release=release,
        status=status,
        message=message,
        seconds=None if status is Status.CRASHED else 0.25,
        output=() if status.good else ("first <line>", "a \x1b[1mbold\x00 word"),
        log=() if status.good else (KernelMessage(text="hello: a line", level=6, seconds=1.5),),
    )


def _session() -> Session:
    old = [
        _result("tests::adds", _OLD, Status.PASSED),
        _result("tests/loads.sh", _OLD, Status.FAILED, "exit status 3"),
    ]
    new = [
        _result("tests::adds", _NEW, Status.CRASHED, "panicked at src/lib.rs:3:1: why"),
        _result("tests/loads.sh", _NEW, Status.SKIPPED, "no # device"),
        _result("tests::late", _NEW, Status.TIMEOUT, "not over after 30 s"),
    ]
    return Session(runs=(_run("hello", _OLD, old, 1), _run("hello", _NEW, new, 3)), seconds=9.5)


def _run(module: str, release: str, results: list[TestResult], guests: int = 1) -> KernelRun:
    return KernelRun(
        project=Path("/project") / module,
        module=module,
        release=release,
        results=tuple(results),
        guests=guests,
    )


def _workspace() -> Session:
    """Two modules, each with a test of the same name."""
    runs = [
        _run(module, release, [_result("tests::adds", release, status)])
        for module, status in (("counter", Status.PASSED), ("reader", Status.FAILED))
        for release in (_OLD, _NEW)
    ]
    return Session(runs=tuple(runs), seconds=1.0)


def test_junit_is_read_by_those_who_read_it() -> None:
    read = junitparser.JUnitXml.fromstring(junit_document.document(_session()))
    assert (read.tests, read.failures, read.errors, read.skipped) == (5, 1, 2, 1)
    suites = list(read)
    assert [suite.name for suite in suites] == [f"hello on {_OLD}", f"hello on {_NEW}"]
    assert [(s.tests, s.failures, s.errors, s.skipped) for s in suites] == [
        (2, 1, 0, 0),
        (3, 0, 2, 1),
    ]
    passed, failed = suites[0]
    assert (passed.name, passed.classname) == ("adds", "hello.6_1_0-1-amd64.tests")
    assert passed.is_passed
    assert (failed.name, failed.time) == ("tests/loads.sh", 0.25)
    (failure,) = failed.result
    assert (failure.message, failure.type) == ("exit status 3", "failed")
    assert "first <line>" in failure.text
    assert "a \ufffd[1mbold\ufffd word" in failed.system_out
    assert "hello: a line" in failed.system_err
    crashed, skipped, late = suites[1]
    assert [type(case.result[0]).__name__ for case in (crashed, skipped, late)] == [
        "Error",
        "Skipped",
        "Error",
    ]


def test_each_test_has_a_name_of_its_own_in_junit() -> None:
    for session in (_session(), _workspace()):
        read = junitparser.JUnitXml.fromstring(junit_document.document(session))
        names = [(case.classname, case.name) for suite in read for case in suite]
        assert len(names) == len(session.results)
        assert len(set(names)) == len(names)


def test_a_junit_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "junit.xml", tmp_path):
        with pytest.raises(StorageError, match="cannot write"):
            junit_document.prepare(place)
    junit_document.prepare(tmp_path / "new" / "junit.xml")
    junit_document.write(_session(), tmp_path / "new" / "junit.xml")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["junit.xml"]


def test_a_device_is_written_into_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    junit_document.prepare(pipe)
    junit_document.write(_session(), pipe)
    with os.fdopen(reader, "rb") as opened:
        assert b"<testsuites" in opened.read()
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_the_merged_ktap_is_such_that_our_own_reader_takes_it() -> None:
    report = protocol.parse(ktap_document.document(_session()))
    assert report
    assert report.problems == ()
    old, new = report.results
    assert (old.name, old.outcome) == (_OLD, protocol.KtapStatus.FAILED)
    assert [(sub.name, sub.outcome.value) for sub in new.subtests] == [
        ("tests::adds", "error"),
        ("tests/loads.sh", "skipped"),
        ("tests::late", "timeout"),
    ]
    assert new.subtests[1].reason == "no # device"
    assert "  # first <line>" in old.subtests[1].lines


def test_a_person_reads_failures_in_full_and_a_summary() -> None:
    session = _session()
    line = printing.line(session.results[1], session.place(session.runs[0]))
    assert line == f"test [{_OLD}] tests/loads.sh ... FAILED (0.25 s)"
    told = "\n".join(printing.failures(session))
    assert f"---- tests/loads.sh (src/lib.rs:7) [{_OLD}] ----\nFAILED: exit status 3" in told
    assert "    [    1.500000] hello: a line" in told
    summary = printing.summary(session)
    assert summary.startswith("test result: FAILED. 1 passed; 1 skipped; 1 failed; 1 timeout; ")
    assert summary.endswith("1 crashed; finished in 9.50 s, 4 guests")


def test_several_kernels_make_a_table() -> None:
    columns, rows = printing.table(_session())
    assert columns == ["test", _OLD, _NEW]
    assert rows == [
        ["tests::adds", "ok", "CRASHED"],
        ["tests/loads.sh", "FAILED", "skipped"],
        ["tests::late", "-", "TIMEOUT"],
    ]


def test_several_modules_are_told_apart() -> None:
    session = _workspace()
    assert [session.place(run) for run in session.runs] == [
        f"counter on {_OLD}", f"counter on {_NEW}", f"reader on {_OLD}", f"reader on {_NEW}",
    ]  # fmt: skip
    assert printing.table(session) == (
        ["module", "test", _OLD, _NEW],
        [["counter", "tests::adds", "ok", "ok"], ["reader", "tests::adds", "FAILED", "FAILED"]],
    )
    report = protocol.parse(ktap_document.document(session))
    assert report
    assert report.problems == ()
    assert [(result.name, result.outcome.value) for result in report.results] == [
        (f"counter on {_OLD}", "passed"),
        (f"counter on {_NEW}", "passed"),
        (f"reader on {_OLD}", "failed"),
        (f"reader on {_NEW}", "failed"),
    ]
    on_one = Session(runs=session.runs[::2], seconds=1.0)
    assert [on_one.place(run) for run in on_one.runs] == ["counter", "reader"]


def test_a_warning_tells_whose_test_it_came_with() -> None:
    warned = Trouble(
        name="warning",
        kind=TroubleKind.WARNING,
        verdict=Verdict.WARNS,
        title="WARNING: at lib.rs",
        trace=(),
    )
    runs = [
        replace(run, results=tuple(replace(result, troubles=(warned,)) for result in run.results))
        for run in _workspace().runs
    ]
    assert list(printing.warnings(Session(runs=tuple(runs), seconds=1.0))) == [
        f"the kernel warned during [counter on {release}] tests::adds: WARNING: at lib.rs"
        for release in (_OLD, _NEW)
    ]


def test_the_json_of_several_modules_lists_them() -> None:
    document = json.loads(json.dumps(_workspace().document()))
    assert (document["counts"]["passed"], document["counts"]["failed"]) == (2, 2)
    assert [module["module"] for module in document["modules"]] == ["counter", "reader"]
    counter, reader = document["modules"]
    assert counter["project"] == "/project/counter"
    assert [kernel["release"] for kernel in reader["kernels"]] == [_OLD, _NEW]
    assert reader["counts"]["failed"] == 2


def test_the_json_document_has_counts_and_every_test() -> None:
    document = json.loads(json.dumps(_session().document()))
    assert document["counts"] == {
        "passed": 1, "skipped": 1, "failed": 1, "error": 0, "timeout": 1, "crashed": 1,
    }  # fmt: skip
    assert [kernel["release"] for kernel in document["kernels"]] == [_OLD, _NEW]
    failed = document["kernels"][0]["tests"][1]
    assert (failed["name"], failed["status"], failed["seconds"]) == (
        "tests/loads.sh",
        "failed",
        0.25,
    )
