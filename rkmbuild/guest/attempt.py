"""One attempt at a guest: boots it, hears it to its end, and works out how it ended."""

import os
import secrets
import time
from collections.abc import Callable, Sequence

from rkmbuild.guest import accel
from rkmbuild.guest.machine import Machine
from rkmbuild.guest.result import GuestResult, Outcome, Step
from rkmbuild.guest.transcript import Transcript
from rkmbuild.klog.klog import KernelMessage

# Under TCG a kernel is at init after 2-3 s, or some 15 on a crowded machine; one that has not got
# there in this time, longer where many want the processors, is tried once more and given up.
BOOT_SECONDS = 60.0
# How long a boot may print nothing. Under KVM, not yet proven, it prints within some 0.1 s.
_SILENCE_SECONDS = 20.0
_MOST_CROWDED = 4.0
_PROBE_SECONDS = 4.0
_PROBE_SILENCE_SECONDS = 2.0
# After the time is up: how long to collect the answer to each SysRq key. A second one pressed while
# the first is answered gets lost.
_LAST_WORDS = 0.8


def crowding() -> float:
    """Return how many want each processor of this machine, within bounds: a guest waits so long."""
    return min(max(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0), _MOST_CROWDED)


def _itself(end: float) -> Callable[[], float]:
    return lambda: end


class Attempt:
    """One attempt.

    Attributes:
        transcript: What it said.
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
        self.transcript = Transcript(
            script,
            secrets.token_hex(8),
            on_line=on_line,
            on_message=on_message,
            on_step=on_step,
        )
        self.silent = False
        self._errors = ""

    @property
    def errors(self) -> str:
        """What the machine itself complained of."""
        return self._errors.strip()

    @property
    def nonce(self) -> str:
        """The word that marks what init says."""
        return self.transcript.nonce

    def in_machine(
        self, machine: Machine, *, timeout: float, step_timeout: float | None, chosen: accel.Accel
    ) -> GuestResult | None:
        """Run to the end; None where the kernel never got to its init.

        Args:
            machine: It, not started; `nonce` is init's argument in its kernel's command line.
            timeout: Seconds for the script.
            step_timeout: Seconds for each command.
            chosen: What it runs under.
        """
        said = self.transcript
        started = said.heard = time.monotonic()
        probing = chosen.name == "kvm" and not chosen.proven
        whole = _PROBE_SECONDS if probing else BOOT_SECONDS * crowding()
        silence = _PROBE_SILENCE_SECONDS if probing else _SILENCE_SECONDS * crowding()

        def until() -> float:
            if said.alive is None:
                return min(started + whole, said.heard + silence, said.leaves_at)
            step_end = said.reached + (timeout if step_timeout is None else step_timeout)
            return min(said.alive + timeout, step_end, said.leaves_at)

        with machine as running:
            self._take(running, until)
            status = running.status()
            self.silent = status is None and not said.over
            hang = self.silent and said.alive is not None
            if hang:
                # Where it hangs: which tasks wait for something, and what the processors do.
                for key in "wl":
                    running.press(key)
                    self._take(running, _itself(time.monotonic() + _LAST_WORDS))
            self._errors = running.errors
        if said.alive is None:
            return None
        return self._result(chosen, started=started, hang=hang)

    def last_words(self) -> str:
        """Return the end of what the machine said, for one that did not boot."""
        said = [str(message) for message in self.transcript.log[-15:]]
        return "\n".join([*said, self.errors]).strip()

    def _take(self, running: Machine, until: Callable[[], float]) -> None:
        for source, line in running.lines(until):
            self.transcript.take(source, line)

    def _result(self, chosen: accel.Accel, *, started: float, hang: bool) -> GuestResult:
        from rkmbuild.klog import outcome  # noqa: PLC0415 - while the guest boots
        from rkmbuild.klog.kinds import TroubleKind  # noqa: PLC0415 - while the guest boots

        said = self.transcript
        troubles = outcome.troubles(said.log)
        fatal = [trouble for trouble in troubles if trouble.fatal]
        if hang and all(trouble.kind is TroubleKind.STALL for trouble in fatal):
            ended = Outcome.HANG
        elif not said.done or fatal:
            ended = Outcome.CRASHED
        else:
            ended = Outcome.FINISHED
        return GuestResult(
            outcome=ended,
            steps=said.steps(),
            log=tuple(said.log),
            troubles=troubles,
            seconds=time.monotonic() - started,
            boot_seconds=(said.alive or started) - started,
            accel=chosen,
            hung=hang,
        )
