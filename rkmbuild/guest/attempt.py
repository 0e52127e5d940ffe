"""One attempt at a guest: takes the lines of both its ports and works out what they tell."""

import functools
import secrets
import time
from collections.abc import Callable, Sequence

from rkmbuild.guest import accel, initramfs, machine
from rkmbuild.guest.result import GuestResult, Outcome, Step
from rkmbuild.klog import klog, outcome
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.klog.outcome import Kind

# Under TCG a kernel is at init after 2-3 s, or some 15 on a crowded machine; one that has not got
# there in this time is tried once more and then given up.
_BOOT_SECONDS = 60.0
# How long a boot may print nothing. Under KVM, not yet proven, it prints within some 0.1 s.
_SILENCE_SECONDS = 20.0
_PROBE_SECONDS = 4.0
_PROBE_SILENCE_SECONDS = 2.0
# After the time is up: how long to collect the answer to each SysRq key. A second one pressed while
# the first is answered gets lost.
_LAST_WORDS = 0.8


def _itself(end: float) -> float:
    return end


class Attempt:
    """One attempt: takes the lines of both ports and works out what they tell.

    Attributes:
        nonce: The word that marks what init says.
        silent: Whether its machine had to be ended.
    """

    def __init__(
        self,
        script: Sequence[str],
        *,
        on_line: Callable[[str], None] | None,
        on_message: Callable[[KernelMessage], None] | None,
        on_step: Callable[[int, Step, tuple[KernelMessage, ...]], None] | None,
    ) -> None:
        self._script = script
        self._on_step = on_step
        self._on_line = on_line
        self._on_message = on_message
        self.nonce = secrets.token_hex(8)
        self._log: list[KernelMessage] = []
        self._lines: list[list[str]] = [[] for _ in script]
        self._statuses: list[int | None] = [None for _ in script]
        self._began = [0.0 for _ in script]
        self._seconds: list[float | None] = [None for _ in script]
        # A command has ended when both ports have said so; each has a pace of its own.
        self._half_ended: set[int] = set()
        self._alive: float | None = None
        self._reached = 0.0
        self._done = False
        self._heard = 0.0
        self._port_step: int | None = None
        self._log_step: int | None = None
        self._errors = ""
        self.silent = False

    def in_machine(
        self,
        configuration: machine.Configuration,
        root: bytes,
        *,
        line: str,
        timeout: float,
        step_timeout: float | None,
        chosen: accel.Accel,
    ) -> GuestResult | None:
        """Run to the end; None where the kernel never got to its init.

        Args:
            configuration: The machine.
            root: Its root file system.
            line: The kernel's command line; `nonce` is init's argument in it.
            timeout: Seconds for the script.
            step_timeout: Seconds for each command.
            chosen: What it runs under.
        """
        started = self._heard = time.monotonic()
        probing = chosen.name == "kvm" and not chosen.proven
        whole = _PROBE_SECONDS if probing else _BOOT_SECONDS
        silence = _PROBE_SILENCE_SECONDS if probing else _SILENCE_SECONDS

        def until() -> float:
            if self._alive is not None:
                end = self._alive + timeout
                return end if step_timeout is None else min(end, self._reached + step_timeout)
            return min(started + whole, self._heard + silence)

        with machine.Machine(configuration, root, line) as running:
            self._take(running, until)
            status = running.status()
            hang = status is None and self._alive is not None
            self.silent = status is None
            if hang:
                # Where it hangs: which tasks wait for something, and what the processors do.
                for key in "wl":
                    running.sysrq(key)
                    self._take(running, functools.partial(_itself, time.monotonic() + _LAST_WORDS))
            self._errors = running.errors
        if self._alive is None:
            return None
        return self._result(chosen, started=started, hang=hang)

    def last_words(self) -> str:
        """Return the end of what the machine said, for one that did not boot."""
        said = [str(message) for message in self._log[-15:]]
        return "\n".join([*said, self._errors.strip()]).strip()

    def _take(self, running: machine.Machine, until: Callable[[], float]) -> None:
        for source, line in running.lines(until):
            self._heard = time.monotonic()
            if source is machine.Source.LOG:
                self._take_log(line)
            else:
                self._take_port(line)

    def _take_log(self, line: str) -> None:
        message = klog.parse(line, step=self._log_step)
        if message.text.startswith(self.nonce):
            _, word, *numbers = message.text.split()
            if word == "begin":
                self._log_step = int(numbers[0])
            elif word == "end":
                self._end(int(numbers[0]))
            elif word == "done":
                self._log_step = None
            return
        self._log.append(message)
        if self._on_message:
            self._on_message(message)

    def _take_port(self, line: str) -> None:
        said, mark, report = line.partition(f"{initramfs.MARK}{self.nonce} ")
        # What stands before a mark is the rest of a line, or nothing; an empty line is one.
        if said or not mark:
            if self._port_step is not None:
                self._lines[self._port_step].append(said)
            if self._on_line:
                self._on_line(said)
        if not mark:
            return
        word, *numbers = report.split()
        now = time.monotonic()
        if word == "alive":
            self._alive = self._reached = now
        elif word == "begin":
            self._port_step = int(numbers[0])
            self._began[self._port_step] = self._reached = now
        elif word == "end":
            number = int(numbers[0])
            self._statuses[number] = int(numbers[1])
            self._seconds[number] = now - self._began[number]
            self._end(number)
        elif word == "done":
            self._done = True

    def _end(self, number: int) -> None:
        if number not in self._half_ended:
            self._half_ended.add(number)
        elif self._on_step:
            during = tuple(message for message in self._log if message.step == number)
            self._on_step(number, self._step(number), during)

    def _step(self, number: int) -> Step:
        return Step(
            command=self._script[number],
            status=self._statuses[number],
            lines=tuple(self._lines[number]),
            seconds=self._seconds[number],
        )

    def _result(self, chosen: accel.Accel, *, started: float, hang: bool) -> GuestResult:
        troubles = outcome.troubles(self._log)
        if hang and all(trouble.kind in (Kind.STALL, Kind.WARNING) for trouble in troubles):
            ended = Outcome.HANG
        elif not self._done or any(trouble.fatal for trouble in troubles):
            ended = Outcome.CRASHED
        else:
            ended = Outcome.FINISHED
        return GuestResult(
            outcome=ended,
            steps=tuple(map(self._step, range(len(self._script)))),
            log=tuple(self._log),
            troubles=troubles,
            seconds=time.monotonic() - started,
            boot_seconds=(self._alive or started) - started,
            accel=chosen,
        )
