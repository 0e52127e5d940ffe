"""Results as bytes, for another machine, and back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base import wire
from rkmbuild.guest.accel import Accel
from rkmbuild.guest.result import GuestResult, Outcome, Step
from rkmbuild.klog import klog, outcome
from rkmbuild.testing.cases import Case, CaseKind
from rkmbuild.testing.results import Status, TestResult

_LOG = Path(__file__).parents[1] / "data" / "logs" / "warns-6.12.txt"


def _sent(value: object) -> object:
    """What arrives: text of JSON alone is on the way."""
    return json.loads(json.dumps(wire.plain(value)))


@pytest.fixture
def result() -> TestResult:
    log = tuple(klog.parse(line, step=3) for line in _LOG.read_text().splitlines())
    return TestResult(
        case=Case(
            kind=CaseKind.KERNEL,
            name="tests::warns",
            file="src/lib.rs",
            line=7,
            id="crate::tests::warns",
            params=("limit=3", "label=two words"),
            count=20,
        ),
        release="6.12.9",
        status=Status.CRASHED,
        message="it crashed",
        seconds=0.123456789,
        output=("a line", "\u00e4\x01"),
        log=log,
        troubles=outcome.troubles(log),
    )


def test_a_tests_result_comes_back_whole(result: TestResult) -> None:
    assert result.troubles
    assert wire.restored(TestResult, _sent(result)) == result
    unended = replace(result, seconds=None, log=(), troubles=())
    assert wire.restored(TestResult, _sent(unended)) == unended


def test_a_guests_result_comes_back_whole(result: TestResult) -> None:
    guest = GuestResult(
        outcome=Outcome.HANG,
        steps=(
            Step(command="true", status=0, lines=("said",), seconds=1.0),
            Step(command="sleep 9", status=None, lines=()),
        ),
        log=result.log,
        troubles=result.troubles,
        seconds=3.0,
        boot_seconds=2.5,
        accel=Accel(name="tcg", reason="there is no /dev/kvm", proven=True),
    )
    assert wire.restored(GuestResult, _sent(guest)) == guest


@pytest.mark.parametrize(
    "change",
    [
        {"status": "splendid"},
        {"seconds": "1"},
        {"output": "not a list"},
        {"output": [1]},
        {"case": None},
        {"case": {}},
    ],
    ids=str,
)
def test_what_is_of_another_form_is_refused(result: TestResult, change: dict[str, object]) -> None:
    document = _sent(result)
    assert isinstance(document, dict)
    with pytest.raises(ValueError, match="this is no TestResult"):
        wire.restored(TestResult, document | change)


def test_what_is_no_value_is_not_sent() -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        wire.plain(object())
