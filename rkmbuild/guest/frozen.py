"""A kernel that was booted before and goes on from there: its memory, and what qemu knows of it.

Two seconds of a guest under TCG are its kernel's boot, the same each time. So a kernel that has
booted once is booted again, up to an init that waits, and that machine is kept in the cache: its
memory as a file with holes, some 70 MB, and what qemu says of its devices. A guest is then a copy
of that memory, with its files and its script in a part of it that the kernel was told to leave
alone. What the kernel printed when it booted is kept as well, and heads the guest's log.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rkmbuild.base.errors import MachineError
from rkmbuild.guest import initramfs
from rkmbuild.guest.machine import Configuration, Source
from rkmbuild.guest.qemu_machine import QemuMachine
from rkmbuild.guest.qmp import Control

ROOM_MIB = 64
"""How much memory files and script of a guest may take, beside what the guest was to have."""

MEMORY, STATE, LOG = "memory", "state", "log.json"
# A pipe of an ordinary user's holds as much (pipe(7), pipe-max-size).
STATE_AT_MOST = 1 << 20
_MIB = 1 << 20
_SEED_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A machine that waits.

    Attributes:
        configuration: What it is.
        folder: The entry of the cache that holds it.
    """

    configuration: Configuration
    folder: Path

    @property
    def room_at(self) -> int:
        """The first byte of the memory that its kernel leaves alone."""
        return room_at(self.configuration.memory_mib) * _MIB


class ThawedMachine:
    """A copy of a machine that waits, with something to do: a `Machine`.

    Args:
        frozen: The machine.
        archive: The files that it is to have, and what it is to do.
        nonce: The word that marks what init says.
        emulator: The qemu program that it was frozen by.
    """

    def __init__(self, frozen: Frozen, archive: bytes, nonce: str, emulator: Path) -> None:
        self._frozen = frozen
        self._archive = archive
        self._nonce = nonce
        self._emulator = emulator
        self._cleanup = contextlib.ExitStack()
        self._before: list[str] = []

    @property
    def errors(self) -> str:
        """What qemu has complained of so far."""
        return self._machine.errors

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            try:
                self._before = json.loads((self._frozen.folder / LOG).read_text())
                memory = self._memory(stack)
                state = self._state(stack)
            except OSError as error:
                raise MachineError(f"cannot copy a machine: {error.strerror}") from None
            control = stack.enter_context(Control())
            self._machine = QemuMachine(
                self._frozen.configuration,
                self._emulator,
                "tcg",
                more=[
                    *with_memory(self._frozen.configuration, memory),
                    *control.words,
                    *("-incoming", "defer"),
                ],
                keep_open=(memory, state, control.file),
            )
            stack.enter_context(self._machine)
            control.begin()
            control.ask("migrate-incoming", {"uri": f"fd:{state}"})
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
        """Give what the kernel printed before, once, and then each line as it comes."""
        before, self._before = self._before, []
        for line in before:
            yield Source.LOG, line
        yield from self._machine.lines(until)

    def status(self) -> int | None:
        """Return qemu's exit status once its output has ended, or None while it runs."""
        return self._machine.status()

    def press(self, key: str) -> None:
        """Press a magic SysRq key."""
        self._machine.press(key)

    def _memory(self, stack: contextlib.ExitStack) -> int:
        """Return a file of the kernel's memory: a copy, with what it is to do."""
        copy = memory_file(self._frozen.configuration)
        stack.callback(os.close, copy)
        with (self._frozen.folder / MEMORY).open("rb") as kept:
            for start, end in extents(kept.fileno()):
                at = os.lseek(copy, start, os.SEEK_SET)
                while at < end:
                    at += os.sendfile(copy, kept.fileno(), at, end - at)
        seed = os.urandom(_SEED_BYTES).hex()
        length = -(-len(self._archive) // _MIB)
        words = f"{initramfs.GO} {length} {int(time.time())} {self._nonce} {seed}\n"
        for at, data in ((0, words.encode()), (_MIB, self._archive)):
            if os.pwrite(copy, data, self._frozen.room_at + at) != len(data):
                raise MachineError("cannot copy a machine: there is no memory left")
        return copy

    def _state(self, stack: contextlib.ExitStack) -> int:
        """Return a pipe that gives what qemu knows of the devices."""
        source, sink = os.pipe()
        stack.callback(os.close, source)
        with os.fdopen(sink, "wb", buffering=0) as writing:
            fcntl.fcntl(sink, fcntl.F_SETPIPE_SZ, STATE_AT_MOST)
            os.set_blocking(sink, False)
            state = (self._frozen.folder / STATE).read_bytes()
            if writing.write(state) != len(state):
                raise MachineError("cannot copy a machine: a pipe is too short for it")
        return source


def fits(archive: bytes) -> bool:
    """Tell whether there is room for an archive, beside the words ahead of it."""
    return len(archive) <= (ROOM_MIB - 1) * _MIB


def room_at(memory_mib: int) -> int:
    """Return the MiB of a machine's memory at which the kernel leaves some of it alone.

    At the very end of memory qemu puts the initramfs.
    """
    return memory_mib - 2 * ROOM_MIB


def memory_file(configuration: Configuration) -> int:
    """Return a file that is a machine's memory, empty, and that nothing but its users hold."""
    file = os.memfd_create("guest")
    os.ftruncate(file, configuration.memory_mib * _MIB)
    return file


def with_memory(configuration: Configuration, file: int) -> list[str]:
    """Return the arguments of qemu by which a file is its machine's memory, and stays where it is.

    Memory that is shared need be no part of what qemu writes of a machine and reads.
    """
    size = f"{configuration.memory_mib}M"
    backend = f"memory-backend-file,id=ram,size={size},mem-path=/proc/self/fd/{file},share=on"
    return ["-object", backend, "-machine", "memory-backend=ram"]


def extents(file: int) -> Iterator[tuple[int, int]]:
    """Give the parts of a file that are no holes: their first bytes, and those behind them."""
    end = 0
    while True:
        try:
            start = os.lseek(file, end, os.SEEK_DATA)
        except OSError:  # ENXIO: the rest is a hole
            return
        end = os.lseek(file, start, os.SEEK_HOLE)
        yield start, end
