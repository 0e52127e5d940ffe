"""What a guest says over both its ports, line by line, and what its script's commands came to."""

import math
import time
from collections.abc import Callable, Sequence

from rkmbuild.guest import initramfs
from rkmbuild.guest.machine import Source
from rkmbuild.guest.result import Step
from rkmbuild.klog import klog
from rkmbuild.klog.klog import KernelMessage

# A guest whose script is over powers off within some 0.1 s, or a second on a crowded machine. One
# that cannot has nothing more to say when it was silent for so long.
_FAREWELL_SECONDS = 3.0
# After the kernel's own last line only the rest of the other port is still on its way.
_HALT_SECONDS = 0.5


class Transcript:
    """Takes the lines of both ports and works out what they tell.

    Init tells how far it is on both, as no port is certain: a flood of messages may sweep its word
    out of the log, and a kernel may have no second serial port, or no interrupt for it.

    Attributes:
        script: The commands.
        nonce: The word that marks what init says.
        log: What the kernel printed.
        alive: When init said its first word (`time.monotonic()`), or None.
        reached: When init, or the last command to begin, began.
        heard: When the last line came.
        done: Whether init said that the script is over.
        port_heard: Whether anything of init's came over the second port.
        portless: Whether init found no second port: what commands print comes in the log then.
        mixed: Whether the ports are not what they should be: init's words came over the first one,
            or the log over the second one. A line's form then tells what it is.
    """

    def __init__(
        self,
        script: Sequence[str],
        nonce: str,
        *,
        on_line: Callable[[str], None] | None = None,
        on_message: Callable[[KernelMessage], None] | None = None,
        on_step: Callable[[int, Step, tuple[KernelMessage, ...]], None] | None = None,
    ) -> None:
        self.script = script
        self.nonce = nonce
        self.log: list[KernelMessage] = []
        self.alive: float | None = None
        self.reached = self.heard = time.monotonic()
        self.done = False
        self.port_heard = self.portless = self.mixed = False
        self._mark = f"{initramfs.MARK}{nonce} "
        self._halted = False
        self._on_line = on_line
        self._on_message = on_message
        self._on_step = on_step
        self._lines: list[list[str]] = [[] for _ in script]
        self._statuses: list[int | None] = [None for _ in script]
        self._began: list[float | None] = [None for _ in script]
        self._seconds: list[float | None] = [None for _ in script]
        # The command that runs, as each port has it; each has a pace of its own.
        self._now: dict[Source, int | None] = {Source.LOG: None, Source.PORT: None}
        # A command has ended when both ports have said so.
        self._half_ended: set[int] = set()

    @property
    def over(self) -> bool:
        """Whether the guest has said its last word: its script is over, or its kernel stopped."""
        return self.done or self._halted

    @property
    def leaves_at(self) -> float:
        """The `time.monotonic()` until which more may come of a guest that is over; else never."""
        if self._halted:
            return self.heard + _HALT_SECONDS
        return self.heard + _FAREWELL_SECONDS if self.done else math.inf

    def take(self, source: Source, line: str) -> None:
        """Take the next line of a port."""
        self.heard = time.monotonic()
        # What stands before a mark is the rest of a line, or nothing; an empty line is one.
        said, mark, report = line.partition(self._mark)
        if said or not mark:
            take = self._take_log if self._is_log(source, said) else self._take_port
            take(said)
        if mark:
            # A second port that cannot be opened leaves init's output on the console.
            self.port_heard |= source is Source.PORT
            self.mixed |= source is Source.LOG
            self._told(Source.PORT, report)

    def _is_log(self, source: Source, line: str) -> bool:
        """Tell whether a line is of the kernel's log, wherever it came from.

        A kernel that is told of fewer ports than there are may take the second one for its first.
        """
        if source is Source.LOG and not self.mixed:
            return True
        message = klog.parse(line)
        if source is Source.PORT and message.text.startswith(self.nonce):
            self.mixed = True
        # Before init has said a word nothing else can come over its port.
        return (self.mixed or self.alive is None) and message.level is not None

    def steps(self) -> tuple[Step, ...]:
        """Return what came of the commands so far."""
        return tuple(map(self._step, range(len(self.script))))

    def _take_log(self, line: str) -> None:
        from rkmbuild.klog import outcome  # noqa: PLC0415 - while the guest boots

        message = klog.parse(line, step=self._now[Source.LOG])
        if message.text.startswith(self.nonce):
            self._told(Source.LOG, message.text.removeprefix(self.nonce))
            return
        self._halted = outcome.is_last_word(message.text)
        self.log.append(message)
        if self._on_message:
            self._on_message(message)

    def _take_port(self, line: str) -> None:
        step = self._now[Source.PORT]
        if step is not None:
            self._lines[step].append(line)
        if self._on_line:
            self._on_line(line)

    def _told(self, source: Source, report: str) -> None:
        """Note how far init is; the first port to say so counts."""
        word, *numbers = report.split()
        if word == "said":
            self._said(report)
            return
        if word == "portless":
            self.portless = True
            return
        if self.alive is None:
            self.alive = self.reached = self.heard
        if word == "done":
            self.done = True
            self._now[source] = None
        elif word == "begin":
            self._begin(source, int(numbers[0]))
        elif word == "end":
            self._end(int(numbers[0]), int(numbers[1]))

    def _said(self, report: str) -> None:
        """Take what a command printed, from the log."""
        number, _, line = report.lstrip().removeprefix("said ").partition(" ")
        self._lines[int(number)].append(line)
        if self._on_line:
            self._on_line(line)

    def _begin(self, source: Source, number: int) -> None:
        self._now[source] = number
        if self._began[number] is None:
            self._began[number] = self.reached = self.heard

    def _end(self, number: int, status: int) -> None:
        began = self._began[number]
        if self._statuses[number] is None:
            self._statuses[number] = status
            self._seconds[number] = None if began is None else self.heard - began
        if number not in self._half_ended:
            self._half_ended.add(number)
        elif self._on_step:
            during = tuple(message for message in self.log if message.step == number)
            self._on_step(number, self._step(number), during)

    def _step(self, number: int) -> Step:
        return Step(
            command=self.script[number],
            status=self._statuses[number],
            lines=tuple(self._lines[number]),
            seconds=self._seconds[number],
        )
