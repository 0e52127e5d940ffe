"""What is made of what a guest says; the logs are those of real kernels that cannot power off."""

import math
import re
from pathlib import Path

import pytest

from rkmbuild.guest.machine import Source
from rkmbuild.guest.transcript import Transcript

_LOGS = Path(__file__).parent.parent / "data" / "logs"
_SCRIPT = ("true", "echo said >/dev/kmsg; exit 3")

both = pytest.mark.parametrize("kernel", ["6.1", "6.12"])


def _lines(kernel: str) -> tuple[str, list[str]]:
    """The word that marks what init says, and the lines of the console."""
    text = (_LOGS / f"no_power_off-{kernel}.txt").read_text()
    found = re.search(r"([0-9a-f]{16}) alive", text)
    assert found
    return found[1], text.splitlines()


@both
def test_a_kernel_that_halts_has_said_its_last_word(kernel: str) -> None:
    nonce, lines = _lines(kernel)
    transcript = Transcript(_SCRIPT, nonce)
    for line in lines[:-1]:
        transcript.take(Source.LOG, line)
    # The script is over: it may power off.
    assert transcript.over
    patience = transcript.leaves_at - transcript.heard
    transcript.take(Source.LOG, lines[-1])
    assert transcript.leaves_at - transcript.heard < patience < math.inf


@both
def test_what_init_said_in_the_log_alone_is_heard(kernel: str) -> None:
    nonce, lines = _lines(kernel)
    transcript = Transcript(_SCRIPT, nonce)
    for line in lines:
        transcript.take(Source.LOG, line)
    assert transcript.alive
    assert transcript.done
    assert not transcript.port_heard
    assert [step.status for step in transcript.steps()] == [0, 3]
    (said,) = [message for message in transcript.log if message.text == "said"]
    assert said.step == 1


@both
def test_a_kernel_that_halts_in_a_command_is_over_and_not_done(kernel: str) -> None:
    nonce, lines = _lines(kernel)
    transcript = Transcript(_SCRIPT, nonce)
    begun = next(n for n, line in enumerate(lines) if line.endswith("begin 0001"))
    for line in [*lines[: begun + 1], lines[-1]]:
        transcript.take(Source.LOG, line)
    assert transcript.over
    assert not transcript.done
    assert [step.status for step in transcript.steps()] == [0, None]


def test_a_module_that_says_so_and_lives_on_has_not_halted() -> None:
    transcript = Transcript((), "nonce")
    transcript.take(Source.LOG, "<6>[    1.000000] reboot: System halted")
    assert transcript.over
    transcript.take(Source.LOG, "<6>[    1.100000] fooled you")
    assert not transcript.over
    assert transcript.leaves_at == math.inf


def test_a_command_has_ended_when_both_ports_say_so() -> None:
    ended = []
    transcript = Transcript(
        ["cat /proc/modules"], "nonce", on_step=lambda number, step, _: ended.append((number, step))
    )
    for source, line in (
        (Source.LOG, "<12>[    1.000000] nonce alive"),
        (Source.LOG, "<12>[    1.100000] nonce begin 0000"),
        (Source.LOG, "<12>[    1.200000] nonce end 0000 0"),
        (Source.PORT, "\x01nonce alive"),
        (Source.PORT, "\x01nonce begin 0000"),
        (Source.PORT, "a line"),
    ):
        transcript.take(source, line)
    assert ended == []
    transcript.take(Source.PORT, "the rest of one\x01nonce end 0000 0")
    ((number, step),) = ended
    assert number == 0
    assert (step.status, step.lines) == (0, ("a line", "the rest of one"))


def test_init_that_has_the_console_alone_is_heard_there() -> None:
    transcript = Transcript(["false"], "nonce")
    said = ("said", "<6>[    1.0] logged")
    for line in ("\x01nonce alive", "\x01nonce begin 0000", *said, "\x01nonce end 0000 1"):
        transcript.take(Source.LOG, line)
    transcript.take(Source.LOG, "\x01nonce done")
    assert transcript.done
    assert not transcript.port_heard
    assert [(step.status, step.lines) for step in transcript.steps()] == [(1, ("said",))]
    assert [message.text for message in transcript.log] == ["logged"]


def test_what_commands_print_is_read_from_the_log_where_there_is_no_port() -> None:
    transcript = Transcript(_SCRIPT, "nonce")
    for text in ("alive", "portless", "begin 0000", "said 0000 one", "said 0000  two  three",
                 "said 0000 ", "end 0000 0"):  # fmt: skip
        transcript.take(Source.LOG, f"<12>[    1.0] nonce {text}")
    (first, second) = transcript.steps()
    assert transcript.portless
    assert not transcript.port_heard
    assert (first.lines, first.status) == (("one", " two  three", ""), 0)
    assert second.lines == ()
    assert transcript.log == []


def test_ports_that_are_exchanged_are_told_apart_by_what_comes_over_them() -> None:
    transcript = Transcript(_SCRIPT, "nonce")
    said = (
        (Source.PORT, "<6>[    0.9] early"),
        (Source.PORT, "<12>[    1.0] nonce alive"),
        (Source.LOG, "\x01nonce alive"),
        (Source.PORT, "<12>[    1.1] nonce begin 0000"),
        (Source.LOG, "\x01nonce begin 0000"),
        (Source.LOG, "printed"),
        (Source.PORT, "<6>[    1.2] logged"),
        (Source.LOG, "\x01nonce end 0000 0"),
        (Source.PORT, "<12>[    1.3] nonce end 0000 0"),
    )
    for source, line in said:
        transcript.take(source, line)
    first, _ = transcript.steps()
    assert transcript.mixed
    assert (first.lines, first.status) == (("printed",), 0)
    logged = [(message.text, message.step) for message in transcript.log]
    assert logged == [("early", None), ("logged", 0)]
