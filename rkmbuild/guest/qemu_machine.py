"""One qemu: started, read line by line from its two serial ports, and ended whatever happens."""

import contextlib
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rkmbuild.arch.arch import Arch
from rkmbuild.base import process, search_path
from rkmbuild.base.errors import MachineError, ToolchainError
from rkmbuild.guest import hardware
from rkmbuild.guest.machine import Configuration, Source
from rkmbuild.toolchain import qemu
from rkmbuild.toolchain.parts import Tool

# Each instruction is a nanosecond, and idle time is none (qemu's manual, -icount).
_COUNTING = ("-icount", "shift=0,sleep=off")
# What we wait between two looks at the clock.
_TICK = 0.25
# Bytes of a page, and to how many the kernel has parts of an initramfs aligned.
_PAGE, _ALIGNED = 4096, 4


class QemuMachine:
    """A running qemu on this machine: a `Machine`.

    The kernel's log comes over the first serial port and qemu's standard output; what init reports
    comes over the second one and a named pipe in a folder of this run's own, so that neither breaks
    into the other's lines. No port or path is shared with another machine.

    Args:
        configuration: What it is to be.
        emulator: The qemu program.
        accelerator: `kvm` or `tcg`.
        more: More arguments of qemu.
        keep_open: Descriptors that these speak of.

    Attributes:
        errors: What qemu has complained of so far.
    """

    def __init__(
        self,
        configuration: Configuration,
        emulator: Path,
        accelerator: str,
        *,
        more: Sequence[str] = (),
        keep_open: Sequence[int] = (),
    ) -> None:
        self._configuration = configuration
        self._emulator = emulator
        self._accelerator = accelerator
        self._more = more
        self._keep_open = keep_open
        self._cleanup = contextlib.ExitStack()
        self.errors = ""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            place = Path(stack.enter_context(folder()))
            pipe = place / "port"
            os.mkfifo(pipe, 0o600)
            # Open for writing too, so that the end of a writer is not the end of the pipe; and it
            # has to be open before qemu opens it, which would wait for a reader.
            self._port = os.open(pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            stack.callback(os.close, self._port)
            backend = f"file,id=port,path={str(pipe).replace(',', ',,')}"
            device = self._configuration.arch.guest.second_port.format(chardev="port")
            self._process = process.popen(
                [
                    *bound_to_us(),
                    *command(self._configuration, place, self._emulator, self._accelerator),
                    *("-serial", "mon:stdio", "-chardev", backend, "-device", device),
                    *self._more,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                keep_open=self._keep_open,
            )
            stack.callback(self._stop)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    def lines(self, until: Callable[[], float]) -> Iterator[tuple[Source, str]]:
        """Give each line as it comes, until the machine is off or the time is up.

        Args:
            until: The `time.monotonic()` at which to end; asked again and again.
        """
        child = self._process
        out, err = _pipe(child.stdout), _pipe(child.stderr)
        rests = {out: b"", self._port: b""}
        sources = {out: Source.LOG, self._port: Source.PORT}
        with selectors.DefaultSelector() as selector:
            for file in (out, err, self._port):
                os.set_blocking(file, False)
                selector.register(file, selectors.EVENT_READ)
            while out in selector.get_map() and time.monotonic() < until():
                for key, _ in selector.select(_TICK):
                    data = _read(key.fd)
                    if not data:
                        selector.unregister(key.fd)
                    elif key.fd == err:
                        self.errors += data.decode(errors="replace")
                    else:
                        *whole, rests[key.fd] = (rests[key.fd] + data).split(b"\n")
                        for line in whole:
                            yield sources[key.fd], _text(line)
        rests[self._port] += _read(self._port)
        self.errors += _read(err).decode(errors="replace")
        for file, source in reversed(sources.items()):
            for line in filter(None, rests[file].split(b"\n")):
                yield source, _text(line)
            rests[file] = b""

    def status(self) -> int | None:
        """Return qemu's exit status once its output has ended, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_TICK)
        return None

    def press(self, key: str) -> None:
        """Press a magic SysRq key: a break on the console, then the key.

        qemu's serial port on standard input takes Ctrl-A b for a break
        (Documentation/admin-guide/sysrq.rst; qemu's manual, "Keys in the character backend
        multiplexer").
        """
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(b"\x01b" + key.encode())
                self._process.stdin.flush()

    def _stop(self) -> None:
        process.stop(self._process)
        for file in (self._process.stdin, self._process.stdout, self._process.stderr):
            if file:
                with contextlib.suppress(OSError):
                    file.close()


def emulator(arch: Arch) -> Tool:
    """Return the qemu for kernels of an architecture.

    Raises:
        MachineError: none is installed that can be used.
    """
    try:
        return qemu.choose(arch)[0]
    except ToolchainError as error:
        raise _no_machine(error) from None


def busybox() -> Path:
    """Return the busybox that the guest's userland is.

    Raises:
        MachineError: there is none that needs no shared libraries.
    """
    try:
        return qemu.busybox().path
    except ToolchainError as error:
        raise _no_machine(error) from None


def _no_machine(error: ToolchainError) -> MachineError:
    return MachineError(error.message, hint=error.hint, output=error.output, wanted=error.wanted)


def command(
    configuration: Configuration, folder: Path, emulator: Path, accelerator: str
) -> list[str]:
    """Return the command that starts a machine, but for what its serial ports are joined to.

    Args:
        configuration: The machine.
        folder: Gets the files that qemu boots from.
        emulator: The qemu program.
        accelerator: `kvm` or `tcg`.
    """
    initrd = folder / "initramfs.cpio"
    initrd.write_bytes(_ending_early(configuration.initramfs))
    guest = configuration.arch.guest
    # TCG offers all that it can emulate; under KVM the guest sees the processor that is there.
    processor = "host" if accelerator == "kvm" else "max"
    return [
        str(emulator),
        *hardware.kind(guest, configuration.hardware),
        *("-accel", accelerator, "-cpu", processor),
        *(_COUNTING if configuration.counting else ()),
        *("-smp", str(configuration.cpus), "-m", str(configuration.memory_mib)),
        *("-no-reboot", "-no-user-config", "-nodefaults", "-kernel", str(configuration.image)),
        *("-initrd", str(initrd), "-append"),
        f"console={guest.console} {configuration.command_line}",
        *("-display", "none"),
        *configuration.hardware.arguments(folder),
    ]


def _ending_early(initramfs: bytes) -> bytes:
    """Return an initramfs that has next to nothing in its last page of memory.

    With an unpacked kernel it lies at the very end of memory, from the beginning of a page on, and
    SeaBIOS 1.17 (qemu 11) has its ACPI tables in the same page, at its end. Where it was written
    over those, guests hung, or had no interrupt for their second serial port.
    """
    return initramfs + bytes(-len(initramfs) % _PAGE + _ALIGNED)


def bound_to_us() -> list[str]:
    """Return the words that make a command end with us, even where we are killed outright."""
    setpriv = search_path.named("setpriv")
    return [str(setpriv), "--pdeathsig", "KILL", "--"] if setpriv else []


@contextlib.contextmanager
def folder() -> Iterator[str]:
    """Give a folder for one machine's files, removed at the end.

    Raises:
        MachineError: it cannot be made or written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="rkmbuild-vm-") as folder:
            yield folder
    except OSError as error:
        raise MachineError(f"cannot prepare a virtual machine: {error}") from None


def _pipe(file: IO[bytes] | None) -> int:
    if file is None:
        raise ValueError("the machine's output is not ours to read")
    return file.fileno()


def _read(file: int) -> bytes:
    try:
        return os.read(file, 1 << 16)
    except BlockingIOError:
        return b""


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode(errors="replace")
