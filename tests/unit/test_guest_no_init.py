"""A guest that ends before its init: tried again where that may help, or told."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from rkmbuild.base.errors import MachineError
from rkmbuild.guest import accel, attempt, boot, freezer, image, initramfs, qemu_machine
from rkmbuild.guest.accel import Accel
from rkmbuild.guest.machine import Configuration, Source
from rkmbuild.kernel.tree import Compiler, Kconfig, KernelTree, KernelVersion, Origin

_LOGS = Path(__file__).parent.parent / "data" / "logs"
_TIMER = "Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug"
_NO_INIT = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"
_OPTIONS = ("PRINTK", "TTY", "BLK_DEV_INITRD", "BINFMT_ELF", "BINFMT_SCRIPT", "PROC_FS",
            "SERIAL_8250_CONSOLE")  # fmt: skip


def _lines() -> list[str]:
    return (_LOGS / "no_power_off-6.12.txt").read_text().splitlines()


class _Machine:
    """A machine that says these lines and is off then; without any, one that never is."""

    def __init__(self, lines: list[str] | None, nonce: str, errors: str) -> None:
        self.errors = errors
        self._lines = lines
        self._nonce = nonce

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def lines(self, until: Callable[[], float]) -> Iterator[tuple[Source, str]]:
        for line in self._lines or ():
            yield Source.LOG, re.sub("[0-9a-f]{16}", self._nonce, line)
        while self._lines is None and time.monotonic() < until():
            pass

    def status(self) -> int | None:
        return None if self._lines is None else 0

    def press(self, key: str) -> None:
        raise AssertionError(key)


class _Emulator:
    path = Path("qemu")


class Booting:
    """Boots a kernel on machines that say what is given, one after the other.

    Attributes:
        tried: How many of them were started the last time.
        images: What they booted.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried = 0
        self.images: list[str] = []
        self._monkeypatch = monkeypatch

    def __call__(
        self,
        *machines: list[str] | None,
        errors: str = "",
        options: tuple[str, ...] = _OPTIONS,
    ) -> None:
        self.tried = 0

        def machine(configuration: Configuration, *_: object) -> _Machine:
            lines = machines[self.tried]
            self.tried += 1
            self.images.append(configuration.image.name)
            return _Machine(lines, configuration.command_line.split()[-1], errors)

        self._monkeypatch.setattr(boot, "QemuMachine", machine)
        boot.boot(_tree(options), files={}, script=["true", "exit 3"])


@pytest.fixture
def booting(monkeypatch: pytest.MonkeyPatch) -> Booting:
    monkeypatch.setattr(attempt, "_SILENCE_SECONDS", 0.01)
    monkeypatch.setenv(freezer.VARIABLE, "anew")
    monkeypatch.setattr(boot, "bootable", lambda _tree: Path("image"))
    monkeypatch.setattr(image, "unpacked", lambda _packed, _guest: None)
    monkeypatch.setattr(qemu_machine, "busybox", lambda: Path("busybox"))
    monkeypatch.setattr(qemu_machine, "emulator", lambda _arch: _Emulator())
    monkeypatch.setattr(initramfs, "build", lambda *_words, **_options: b"")
    chosen = Accel(name="tcg", reason="a test", proven=True)
    monkeypatch.setattr(accel, "choose", lambda _emulator: chosen)
    return Booting(monkeypatch)


def _tree(options: tuple[str, ...]) -> KernelTree:
    return KernelTree(
        release="6.12.0-test",
        version=KernelVersion(6, 12),
        arch="x86_64",
        build=Path("/none"),
        source=Path("/none"),
        origin=Origin.PATH,
        config=Kconfig(dict.fromkeys(options, "y")),
        compiler=Compiler("", (0, 0, 0), "", ""),
        symvers=None,
        image=Path("/none/vmlinuz"),
        system_map=None,
        modules=None,
    )


def test_a_guest_that_died_of_its_clock_is_booted_again(booting: Booting) -> None:
    dying = [*_lines()[:20], f"<0>[    0.1] {_TIMER}"]
    booting(dying, dying, _lines())
    assert booting.tried == 3


def test_a_kernel_that_does_not_start_unpacked_is_booted_from_its_image(
    booting: Booting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "unpacked", lambda _packed, _guest: Path("vmlinux"))
    booting([], _lines(), errors="qemu: Error loading uncompressed kernel without PVH ELF Note\n")
    assert booting.images == ["vmlinux", "image"]
    booting(None, _lines())
    assert booting.images[2:] == ["vmlinux", "image"]
    booting(_lines())
    assert booting.images[4:] == ["vmlinux"]


def test_one_that_another_try_would_not_help_is_not(booting: Booting) -> None:
    with pytest.raises(MachineError, match="Unable to mount root fs") as caught:
        booting([*_lines()[:20], f"<0>[    0.1] {_NO_INIT}"], _lines())
    assert booting.tried == 1
    assert caught.value.output.endswith(_NO_INIT)
    assert "memory" not in (caught.value.hint or "")


def test_one_that_always_dies_is_told_by_its_last_words(booting: Booting) -> None:
    dying = [*_lines()[:20], f"<0>[    0.1] {_TIMER}"]
    with pytest.raises(MachineError) as caught:
        booting(dying, dying, dying, _lines())
    assert booting.tried == 3
    assert f"; the last it said was: {_TIMER}" in caught.value.message


def test_one_that_falls_silent_is_tried_twice(booting: Booting) -> None:
    with pytest.raises(MachineError, match="and said nothing"):
        booting(None, None, _lines())
    assert booting.tried == 2


def test_a_machine_that_cannot_be_started_says_why_itself(
    booting: Booting,
) -> None:
    with pytest.raises(MachineError, match=r"as its init in the virtual machine$") as caught:
        booting([], _lines(), errors="qemu: could not load kernel 'image'\n")
    assert booting.tried == 1
    assert caught.value.output == "qemu: could not load kernel 'image'"


def test_options_that_a_guest_needs_and_the_kernel_lacks_are_named(
    booting: Booting,
) -> None:
    options = tuple(each for each in _OPTIONS if each not in ("BINFMT_SCRIPT", "TTY"))
    with pytest.raises(MachineError) as caught:
        booting(None, None, options=options)
    assert "built without: CONFIG_TTY, CONFIG_BINFMT_SCRIPT" in (caught.value.hint or "")


def test_a_kernel_that_ran_out_of_memory_is_to_get_more(booting: Booting) -> None:
    panic = "<0>[    0.1] Kernel panic - not syncing: System is deadlocked on memory"
    with pytest.raises(MachineError) as caught:
        booting([*_lines()[:20], panic])
    assert "more memory may help" in (caught.value.hint or "")
