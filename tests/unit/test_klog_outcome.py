"""What is read from a kernel's log; the logs are those of real kernels, see c_modules.py."""

from pathlib import Path

import pytest

from rkmbuild.klog import klog, outcome
from rkmbuild.klog.kinds import TroubleKind
from rkmbuild.klog.klog import KernelMessage

_LOGS = Path(__file__).parent.parent / "data" / "logs"
_KERNELS = ("6.1", "6.12")

both = pytest.mark.parametrize("kernel", _KERNELS)


def _log(name: str, kernel: str) -> list[KernelMessage]:
    text = (_LOGS / f"{name}-{kernel}.txt").read_text()
    return [klog.parse(line) for line in text.splitlines()]


@both
def test_a_boot_and_a_clean_module_show_no_trouble(kernel: str) -> None:
    log = _log("clean", kernel)
    assert any("Linux version" in message.text for message in log)
    assert any(message.text == "clean: bye" for message in log)
    assert outcome.troubles(log) == ()


@both
def test_a_BUG_is_one_report_with_its_panic(kernel: str) -> None:  # noqa: N802 - the macro's name
    (trouble,) = outcome.troubles(_log("bugs", kernel))
    assert trouble.kind is TroubleKind.BUG
    assert trouble.title == "kernel BUG at bugs.c:7!"
    assert trouble.fatal
    texts = [message.text for message in trouble.trace]
    assert texts[0] == "------------[ cut here ]------------"
    assert any("bugs_init" in text and text.startswith("RIP: 0010:") for text in texts)
    assert "Kernel panic - not syncing: Fatal exception" in texts


@both
def test_a_write_through_NULL_is_an_oops(kernel: str) -> None:  # noqa: N802 - the macro's name
    (trouble,) = outcome.troubles(_log("writes_null", kernel))
    assert trouble.kind is TroubleKind.OOPS
    assert trouble.title == "BUG: kernel NULL pointer dereference, address: 0000000000000000"
    assert any("writes_null_exit+" in message.text for message in trouble.trace)


@both
def test_a_panic_has_its_own_words(kernel: str) -> None:
    (trouble,) = outcome.troubles(_log("panics", kernel))
    assert (trouble.kind, trouble.title) == (TroubleKind.PANIC, "panics: on purpose, 42")


@both
def test_a_warning_is_no_crash(kernel: str) -> None:
    (trouble,) = outcome.troubles(_log("warns", kernel))
    assert trouble.kind is TroubleKind.WARNING
    assert not trouble.fatal
    assert trouble.title.startswith("WARNING: CPU: 0 PID: ")
    texts = [message.text for message in trouble.trace]
    assert "warns: on purpose" in texts
    assert texts[-1] == "---[ end trace 0000000000000000 ]---"


@both
def test_where_a_module_loops_is_found(kernel: str) -> None:
    log = _log("loops", kernel)
    assert outcome.troubles(log) == ()
    found = outcome.where("loops", log)
    assert found
    assert found.startswith("loops_for_ever+0x")


@both
def test_where_a_module_waits_is_found(kernel: str) -> None:
    found = outcome.where("sleeps", _log("sleeps", kernel))
    assert found
    assert found.startswith("sleeps_init+0x")


@both
def test_a_lockup_that_the_kernel_itself_sees_is_a_stall(kernel: str) -> None:
    kinds = {trouble.kind for trouble in outcome.troubles(_log("lockup", kernel))}
    assert kinds == {TroubleKind.STALL}


def test_no_function_is_named_for_a_module_that_was_not_there() -> None:
    assert outcome.where("other", _log("loops", "6.1")) is None


@both
def test_a_kernel_that_halts_is_told_by_its_last_word(kernel: str) -> None:
    log = _log("no_power_off", kernel)
    assert outcome.troubles(log) == ()
    assert outcome.downfall((), log) == log[-1].text
    assert outcome.downfall((), log[:-1]) == "the machine shut down without a message"


@both
def test_a_kernel_that_crashed_is_told_by_its_crash(kernel: str) -> None:
    log = _log("panics", kernel)
    assert outcome.downfall(outcome.troubles(log), log) == "panics: on purpose, 42"
