"""Boot a kernel with some files, run a script in it, and tell what came of it."""

import functools
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rkmbuild import console
from rkmbuild.errors import MachineError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.run import accel, arch, initramfs, klog, outcome, vm
from rkmbuild.run.klog import KernelMessage
from rkmbuild.run.outcome import Kind
from rkmbuild.run.result import GuestResult, Outcome, Step

MEMORY_MIB = 512
TIMEOUT = 30.0

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

# Everything printed is wanted, with its level and without limits on what init may mark; an oops
# becomes a panic, and a panic ends the machine, since -no-reboot makes a reboot its end. A triple
# fault is the reboot that needs no device: the others are tried for seconds in this machine.
_COMMAND_LINE = (
    "loglevel=8 console_msg_format=syslog printk.time=1 printk.devkmsg=on "
    "panic=-1 oops=panic reboot=triple sysrq_always_enabled"
)


def boot(
    tree: KernelTree,
    *,
    files: Mapping[str, initramfs.Content],
    script: Sequence[str],
    timeout: float = TIMEOUT,
    memory_mib: int = MEMORY_MIB,
    cpus: int = 1,
    append: str = "",
    stop_on_failure: bool = False,
    on_line: Callable[[str], None] | None = None,
    on_message: Callable[[KernelMessage], None] | None = None,
) -> GuestResult:
    """Boot the kernel of `tree`, run `script` in it as root, and power it off.

    Args:
        tree: The kernel; it needs an image.
        files: What the guest is to have: path there -> text, bytes, a file or folder of the host.
        script: Shell commands, each run in a shell of its own.
        timeout: Seconds that the script may take, counted from when init runs.
        memory_mib: The guest's memory.
        cpus: The guest's processors.
        append: More of the kernel's command line.
        stop_on_failure: Leave out the rest of the script after a command that failed.
        on_line: Called with each line that the script prints, as it comes.
        on_message: Called with each line that the kernel prints, as it comes.

    Raises:
        MachineError: there is no emulator, no image, no busybox; or the kernel does not get to
            its init.
    """
    architecture = arch.of(tree.arch)
    image = bootable(tree)
    root = initramfs.build(
        vm.busybox(),
        files=files,
        script=script,
        port=architecture.port,
        stop_on_failure=stop_on_failure,
    )
    emulator = vm.emulator(tree.arch)
    chosen = accel.choose(emulator)
    last = ""
    for tried in _attempts(chosen):
        configuration = vm.Configuration(
            architecture=architecture,
            emulator=emulator.path,
            accelerator=tried.name,
            image=image,
            memory_mib=memory_mib,
            cpus=cpus,
        )
        run = _Run(script, on_line=on_line, on_message=on_message)
        result = run.in_machine(configuration, root, append=append, timeout=timeout, chosen=tried)
        if result is not None:
            if not chosen.proven:
                # Only now: an image that boots nowhere says nothing of KVM.
                accel.remember(emulator, works=tried is chosen)
            return result
        last = run.last_words()
        if not tried.proven:
            console.note("KVM is there but no kernel boots under it; using TCG instead")
        elif not run.silent:
            break
    raise MachineError(
        f"{tree.release} did not get as far as its init in the virtual machine",
        hint=f"more memory may help; the image is {image}",
        output=last,
    )


def bootable(tree: KernelTree) -> Path:
    """Return the image of a kernel.

    Raises:
        MachineError: there is none.
    """
    if tree.image is None or not tree.image.exists():
        series = f"{tree.version.major}.{tree.version.minor}"
        raise MachineError(
            f"there is no image of {tree.release} to boot",
            hint=f"`rkmbuild kernel fetch {series}` gets headers and an image that fit",
        )
    return tree.image


def command_line(
    chosen: accel.Accel, append: str, nonce: str, *, words: str = _COMMAND_LINE
) -> str:
    """Return the kernel's command line, but for the console.

    Args:
        chosen: What the guest runs under.
        append: What the caller adds.
        nonce: Becomes init's argument.
        words: What it begins with.
    """
    line = [words]
    if chosen.name == "tcg":
        khz = accel.clock_khz()
        line += [f"tsc_early_khz={khz}"] if khz else []
    elif not chosen.proven:
        line.append("earlyprintk=serial,ttyS0,115200")
    return " ".join([*line, *([append] if append else []), "--", nonce])


def _attempts(chosen: accel.Accel) -> list[accel.Accel]:
    if chosen.name == "kvm" and not chosen.proven:
        fallback = accel.Accel(
            name="tcg", reason="no kernel boots under this host's KVM", proven=True
        )
        return [chosen, fallback, fallback]
    return [chosen, chosen]


def _itself(end: float) -> float:
    return end


class _Run:
    """One attempt: takes the lines of both ports and works out what they tell.

    Attributes:
        silent: Whether its machine had to be ended.
    """

    def __init__(
        self,
        script: Sequence[str],
        *,
        on_line: Callable[[str], None] | None,
        on_message: Callable[[KernelMessage], None] | None,
    ) -> None:
        self._script = script
        self._on_line = on_line
        self._on_message = on_message
        self._nonce = secrets.token_hex(8)
        self._log: list[KernelMessage] = []
        self._lines: list[list[str]] = [[] for _ in script]
        self._statuses: list[int | None] = [None for _ in script]
        self._alive: float | None = None
        self._done = False
        self._heard = 0.0
        self._port_step: int | None = None
        self._log_step: int | None = None
        self._errors = ""
        self.silent = False

    def in_machine(
        self,
        configuration: vm.Configuration,
        root: bytes,
        *,
        append: str,
        timeout: float,
        chosen: accel.Accel,
    ) -> GuestResult | None:
        """Run to the end; None where the kernel never got to its init."""
        line = command_line(chosen, append, self._nonce)
        started = self._heard = time.monotonic()
        probing = chosen.name == "kvm" and not chosen.proven
        whole = _PROBE_SECONDS if probing else _BOOT_SECONDS
        silence = _PROBE_SILENCE_SECONDS if probing else _SILENCE_SECONDS

        def until() -> float:
            if self._alive is not None:
                return self._alive + timeout
            return min(started + whole, self._heard + silence)

        with vm.Machine(configuration, root, line) as machine:
            self._take(machine, until)
            status = machine.status()
            hang = status is None and self._alive is not None
            self.silent = status is None
            if hang:
                # Where it hangs: which tasks wait for something, and what the processors do.
                for key in "wl":
                    machine.sysrq(key)
                    self._take(machine, functools.partial(_itself, time.monotonic() + _LAST_WORDS))
            self._errors = machine.errors
        if self._alive is None:
            return None
        return self._result(chosen, started=started, hang=hang)

    def last_words(self) -> str:
        """Return the end of what the machine said, for one that did not boot."""
        said = [str(message) for message in self._log[-15:]]
        return "\n".join([*said, self._errors.strip()]).strip()

    def _take(self, machine: vm.Machine, until: Callable[[], float]) -> None:
        for source, line in machine.lines(until):
            self._heard = time.monotonic()
            if source is vm.Source.LOG:
                self._take_log(line)
            else:
                self._take_port(line)

    def _take_log(self, line: str) -> None:
        message = klog.parse(line, step=self._log_step)
        if message.text.startswith(self._nonce):
            _, word, *numbers = message.text.split()
            if word == "begin":
                self._log_step = int(numbers[0])
            elif word == "done":
                self._log_step = None
            return
        self._log.append(message)
        if self._on_message:
            self._on_message(message)

    def _take_port(self, line: str) -> None:
        said, mark, report = line.partition(f"{initramfs.MARK}{self._nonce} ")
        if said and self._port_step is not None:
            self._lines[self._port_step].append(said)
        if (said or not mark) and self._on_line:
            self._on_line(said)
        if not mark:
            return
        word, *numbers = report.split()
        if word == "alive":
            self._alive = time.monotonic()
        elif word == "begin":
            self._port_step = int(numbers[0])
        elif word == "end":
            self._statuses[int(numbers[0])] = int(numbers[1])
        elif word == "done":
            self._done = True

    def _result(self, chosen: accel.Accel, *, started: float, hang: bool) -> GuestResult:
        troubles = outcome.troubles(self._log)
        if hang and all(trouble.kind in (Kind.STALL, Kind.WARNING) for trouble in troubles):
            ended = Outcome.HANG
        elif not self._done or any(trouble.fatal for trouble in troubles):
            ended = Outcome.CRASHED
        else:
            ended = Outcome.FINISHED
        steps = zip(self._script, self._statuses, self._lines, strict=True)
        return GuestResult(
            outcome=ended,
            steps=tuple(
                Step(command=command, status=status, lines=tuple(lines))
                for command, status, lines in steps
            ),
            log=tuple(self._log),
            troubles=troubles,
            seconds=time.monotonic() - started,
            boot_seconds=(self._alive or started) - started,
            accel=chosen,
        )
