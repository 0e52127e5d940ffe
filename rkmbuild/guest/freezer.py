"""Keeps kernels that have booted, so that the next guest of one need not boot it."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from rkmbuild.arch.arch import Arch
from rkmbuild.base import cache, console, files
from rkmbuild.base.errors import MachineError, RkmbuildError, UsageError
from rkmbuild.guest import frozen, initramfs
from rkmbuild.guest.attempt import BOOT_SECONDS, crowding
from rkmbuild.guest.frozen import Frozen
from rkmbuild.guest.machine import Configuration, Source
from rkmbuild.guest.qemu_machine import QemuMachine
from rkmbuild.guest.qmp import Control
from rkmbuild.toolchain.parts import Tool

VARIABLE = "RKMBUILD_BOOT"
_KIND, _ONCE = "frozen-guest", "booted-guest"
_REVISION = 1
# What the kernel prints while init begins to wait has come by then.
_QUIET_SECONDS = 0.05
# It may have been for want of a processor that a machine did not go on.
_DAY = 86400
_PAGE = 4096


class Freezer:
    """What is kept of one kernel in one kind of machine, and whether anything can be.

    Args:
        arch: Its architecture.
        image: What is booted.
        line: The kernel's command line, without init's words.
        memory_mib: The memory that a guest is to have.
        cpus: Its processors.
        busybox: What its userland is.
        emulator: The qemu.
    """

    def __init__(
        self,
        arch: Arch,
        image: Path,
        *,
        line: str,
        memory_mib: int,
        cpus: int,
        busybox: Path,
        emulator: Tool,
    ) -> None:
        self._emulator = emulator
        self._key = None
        if arch.guest.reserving is None or _always_anew():
            return
        whole = memory_mib + frozen.ROOM_MIB
        room = frozen.room_at(whole)
        self._configuration = Configuration(
            arch=arch,
            image=image,
            initramfs=initramfs.waiting(busybox),
            command_line=f"{line} {arch.guest.reserving(room, frozen.ROOM_MIB)} -- {room}",
            memory_mib=whole,
            cpus=cpus,
        )
        self._key = cache.key(
            _KIND,
            _REVISION,
            arch.name,
            arch.guest.arguments,
            arch.guest.second_port,
            arch.guest.console,
            files.named_stamp(image),
            self._configuration.command_line,
            whole,
            cpus,
            files.named_stamp(busybox.resolve()),
            initramfs.WAITING,
            files.named_stamp(emulator.path.resolve()),
            str(emulator.version),
        )

    def find(self) -> Frozen | None:
        """Return the machine that waits; made, if the kernel has booted before, or None."""
        if self._key is None:
            return None
        try:
            if not cache.find(_ONCE, self._key):
                return None
            known = cache.find(_KIND, self._key)
            if known and _is_given_up(known) and cache.finished_at(known) < time.time() - _DAY:
                cache.remove(_KIND, self._key)
            folder = cache.entry(_KIND, self._key, self._make)
        except (RkmbuildError, OSError) as error:
            console.detail(f"the kernel boots anew, as it could not be kept: {error}")
            return None
        if _is_given_up(folder):
            return None
        return Frozen(configuration=self._configuration, folder=folder)

    def note(self) -> None:
        """Note that the kernel has booted, so that the next guest is worth the trouble."""
        if self._key is not None:
            with contextlib.suppress(RkmbuildError, OSError):
                cache.entry(_ONCE, self._key, _nothing)

    def forget(self) -> None:
        """Keep nothing of it, as what is kept does not go on."""
        if self._key is not None:
            with contextlib.suppress(RkmbuildError, OSError):
                cache.remove(_KIND, self._key)
                cache.entry(_KIND, self._key, _nothing)

    def _make(self, folder: Path) -> None:
        """Fill an entry of the cache; one without a state says that the machine cannot be kept."""
        memory = frozen.memory_file(self._configuration)
        with os.fdopen(memory, "rb") as kept, Control() as control:
            machine = QemuMachine(
                self._configuration,
                self._emulator.path,
                "tcg",
                more=[*frozen.with_memory(self._configuration, memory), *control.words],
                keep_open=(memory, control.file),
            )
            with machine as running:
                log = _boot(running)
                if log is None:
                    console.detail("the kernel did not get to an init that waits; it boots anew")
                    return
                try:
                    state = _state(control)
                except MachineError as error:  # as it would be the next time
                    console.detail(f"the kernel cannot be kept: {error}")
                    return
                log += [line for source, line in running.lines(_in(0)) if source is Source.LOG]
            if len(state) > frozen.STATE_AT_MOST:
                return
            _copy(kept.fileno(), folder / frozen.MEMORY)
        (folder / frozen.LOG).write_text(json.dumps(log))
        (folder / frozen.STATE).write_bytes(state)


def _is_given_up(folder: Path) -> bool:
    """Tell whether an entry says that its machine cannot be kept, or did not go on."""
    return not files.is_file(folder / frozen.STATE)


def _always_anew() -> bool:
    """Tell whether the user wants each guest to boot.

    Raises:
        UsageError: the variable says something else.
    """
    asked = os.environ.get(VARIABLE)
    if asked not in (None, "", "anew"):
        raise UsageError(f"{VARIABLE} is {asked!r}; it can be anew")
    return bool(asked)


def _nothing(_folder: Path) -> None:
    """Make an entry that says by being there what there is to say."""


def _in(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: end


def _boot(running: QemuMachine) -> list[str] | None:
    """Return what the kernel printed until init waits; None where it does not come to that."""
    log: list[str] = []
    for source, line in running.lines(_in(BOOT_SECONDS * crowding())):
        if source is Source.LOG and line.endswith(initramfs.WAITS):
            log += [rest for each, rest in running.lines(_in(_QUIET_SECONDS)) if each is source]
            return log
        if source is Source.LOG:
            log.append(line)
    return None


def _state(control: Control) -> bytes:
    """Return what qemu says of the devices of its machine, which stops.

    Raises:
        MachineError: qemu does not say it.
    """
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as reading:
        try:
            control.begin()
            control.ask("getfd", {"fdname": "state"}, [sink])
        finally:
            os.close(sink)
        control.ask("migrate", {"uri": "fd:state"})
        state = reading.read()
    said = control.ask("query-migrate")
    if said.get("status") != "completed":
        raise MachineError(f"qemu cannot write its machine down: {said}")
    return state


def _copy(memory: int, place: Path) -> None:
    """Write a machine's memory down, without pages that hold nothing."""
    empty = bytes(_PAGE)
    with place.open("wb") as file:
        for start, end in frozen.extents(memory):
            data = os.pread(memory, end - start, start)
            for at in range(0, len(data), _PAGE):
                page = data[at : at + _PAGE]
                if page != empty:
                    file.seek(start + at)
                    file.write(page)
        file.truncate(os.fstat(memory).st_size)
