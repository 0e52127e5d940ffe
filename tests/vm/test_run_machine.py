"""The machine itself: side by side, interrupted, on a terminal, and where it cannot start."""

import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.arch.arch import Arch
from rkmbuild.arch.guest import GuestMachine
from rkmbuild.base.errors import MachineError
from rkmbuild.guest import boot, freezer, image, initramfs
from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.cli import rkmbuild
from tests.vm import c_modules

_PATIENCE = 90.0


def _until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def test_two_guests_side_by_side_keep_to_themselves(kernel_6_1: KernelTree) -> None:
    results: dict[str, GuestResult] = {}

    def one(word: str) -> None:
        results[word] = boot.boot(
            kernel_6_1,
            files={"/word": word},
            script=["cat /word", "echo kernel-$(cat /word) >/dev/kmsg"],
            timeout=_PATIENCE,
        )

    threads = [threading.Thread(target=one, args=[word]) for word in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for word, other in (("one", "two"), ("two", "one")):
        assert results[word].lines == (word,)
        texts = [message.text for message in results[word].log]
        assert f"kernel-{word}" in texts
        assert f"kernel-{other}" not in texts


def test_a_script_tells_each_commands_output_and_status(kernel: KernelTree, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("from the host\n")
    said: list[str] = []
    result = boot.boot(
        kernel,
        files={"/data": tmp_path / "folder", "/bin/tool": "#!/bin/sh\necho tool $1; exit 7\n"},
        script=[
            "cat /data/file; printf 'no newline'",
            "tool x",
            "exit 3",
            "if then",
            "dd if=/dev/zero bs=1000 count=100 2>/dev/null | tr '\\0' x | fold -w 99",
            "id -u; uname -r; cat /sys/module/cryptomgr/parameters/notests",
        ],
        timeout=_PATIENCE,
        append="quiet",
        on_line=said.append,
    )
    assert result.outcome is Outcome.FINISHED
    assert result.statuses == (0, 7, 3, 2, 0, 0)
    first, tool, exits, broken, much, last = result.steps
    assert first.lines == ("from the host", "no newline")
    assert tool.lines == ("tool x",)
    assert exits.lines == ()
    assert "syntax error" in broken.lines[0]
    assert sum(map(len, much.lines)) == 100_000
    # What modules register is tested, and not what the kernel has itself.
    assert last.lines == ("0", kernel.release, "N")
    assert said == list(result.lines)


def test_an_unpacked_kernel_does_what_its_image_does(
    kernel: KernelTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Path | None] = []
    original = image.unpacked

    def unpacked(packed: Path, guest: GuestMachine) -> Path | None:
        found.append(original(packed, guest))
        return found[-1]

    # The version of the boot protocol is what arch/x86/platform/pvh/enlighten.c says where qemu
    # started the kernel by its note, and otherwise the image's own.
    script = [
        "cat /sys/kernel/boot_params/version",
        "cat /proc/version; ls /dev /sys/devices/* /sys/firmware",
        "sed 's/ memmap=[^ ]*//; s/ [^ ]*$//' /proc/cmdline",
        # Five levels of page tables are what an image turns on while it unpacks itself.
        "grep -v -e MHz -e bogomips /proc/cpuinfo | sed 's/ la57//'",
        "cut -d: -f1 /proc/interrupts; mount | sed 's/size=[^,]*,nr_inodes=[^,]*,//'",
        # Which clock source is in use changes in the first seconds: the timers are there at once.
        "cat /sys/devices/system/clockevents/*/current_device; cat /proc/sys/kernel/tainted",
    ]

    def lines(result: GuestResult) -> list[tuple[str, ...]]:
        assert result.outcome is Outcome.FINISHED
        return [step.lines for step in result.steps]

    monkeypatch.setenv(freezer.VARIABLE, "anew")
    monkeypatch.setattr(image, "unpacked", unpacked)
    (by_note,), *first = lines(boot.boot(kernel, files={}, script=script, timeout=_PATIENCE))
    monkeypatch.setattr(image, "unpacked", lambda _packed, _guest: None)
    (by_image,), *second = lines(boot.boot(kernel, files={}, script=script, timeout=_PATIENCE))
    assert found[0], f"nothing here unpacks {kernel.image}"
    assert (by_note, by_image) == ("0x020c", "0x020f")
    assert first == second
    monkeypatch.delenv(freezer.VARIABLE)
    monkeypatch.setattr(image, "unpacked", unpacked)
    for _ in range(2):  # one boots, if none has yet
        result = boot.boot(kernel, files={}, script=[*script, "cat /proc/cmdline"])
    assert "memmap=" in result.steps[-1].lines[0]
    assert [step.lines for step in result.steps[1:-1]] == first


def test_a_script_can_stop_at_its_first_failure(kernel_6_1: KernelTree) -> None:
    result = boot.boot(kernel_6_1, files={}, script=["true", "false", "true"], stop_on_failure=True)
    assert result.statuses == (0, 1, None)
    assert result.outcome is Outcome.FINISHED


@pytest.fixture
def without_acpi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines that no kernel can power off."""
    arch_of = boot.bootable_arch

    def without(tree: KernelTree) -> Arch:
        arch = arch_of(tree)
        guest = replace(arch.guest, options=(*arch.guest.options, "acpi=off"))
        return replace(arch, guest=guest)

    monkeypatch.setattr(boot, "bootable_arch", without)


@pytest.mark.usefixtures("without_acpi")
def test_a_guest_that_cannot_power_off_is_ended_when_it_has_said_all(
    kernel: KernelTree, capsys: pytest.CaptureFixture[str]
) -> None:
    result = boot.boot(kernel, files={}, script=["echo word", "false"], timeout=_PATIENCE)
    assert "System halted" in result.log[-1].text  # which kernels word in their own ways
    assert result.outcome is Outcome.FINISHED
    assert result.statuses == (0, 1)
    assert result.lines == ("word",)
    assert result.seconds - result.boot_seconds < _PATIENCE
    assert "second serial port" not in capsys.readouterr().err


def test_a_guest_without_a_second_port_and_power_off_is_believed_its_log(
    kernel: KernelTree, capsys: pytest.CaptureFixture[str]
) -> None:
    # Its ports are found, and get interrupts, by what this call learns of ACPI.
    append = "initcall_blacklist=acpi_init"
    script = ["echo word", "false"]
    result = boot.boot(kernel, files={}, script=script, timeout=_PATIENCE, append=append)
    assert result.outcome is Outcome.FINISHED
    assert result.statuses == (0, 1)
    assert result.lines == ()
    assert result.seconds - result.boot_seconds < _PATIENCE
    assert "nothing came over the second serial port" in capsys.readouterr().err


def test_what_commands_print_is_known_where_the_kernel_knows_of_one_port_only(
    kernel_6_12: KernelTree, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    result = boot.boot(
        kernel_6_12,
        files={},
        script=["echo one; echo ' two  words'", "echo no >&2; exit 3", "true"],
        timeout=_PATIENCE,
        append="8250.nr_uarts=1",
        on_line=said.append,
    )
    assert result.outcome is Outcome.FINISHED
    assert result.statuses == (0, 3, 0)
    assert [step.lines for step in result.steps] == [("one", " two  words"), ("no",), ()]
    assert said == list(result.lines)
    assert f"{kernel_6_12.release} does not have its second serial port" in capsys.readouterr().err


def test_without_a_second_port_what_commands_print_comes_in_the_log(
    kernel_6_12: KernelTree, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of a name that no kernel gives to a port.
    monkeypatch.setattr(initramfs, "_SCRIPT", initramfs._SCRIPT.replace("@port@", "ttyS99"))
    script = ["echo one; echo ' two  words'", "echo no >&2; exit 3", "printf '%0950d' 7", "true"]
    result = boot.boot(kernel_6_12, files={}, script=script, timeout=_PATIENCE)
    assert result.outcome is Outcome.FINISHED
    assert result.statuses == (0, 3, 0, 0)
    lines = [("one", " two  words"), ("no",), ("0" * 900,), ()]
    assert [step.lines for step in result.steps] == lines
    assert not any("said" in message.text for message in result.log)
    assert f"{kernel_6_12.release} has no second serial port, ttyS1" in capsys.readouterr().err


def test_a_kernel_without_devtmpfs_has_what_the_guest_needs(
    kernel_6_12: KernelTree, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = [line for line in initramfs._SETUP.splitlines(keepends=True) if "devtmpfs" not in line]
    monkeypatch.setattr(initramfs, "_SETUP", "".join(kinds))
    monkeypatch.setenv(freezer.VARIABLE, "anew")
    result = boot.boot(kernel_6_12, files={}, script=["ls /dev/null && echo word"], cpus=2)
    assert result.lines == ("/dev/null", "word")
    assert "second serial port" not in capsys.readouterr().err


def test_a_guest_that_halts_in_its_script_went_down(kernel_6_1: KernelTree) -> None:
    result = boot.boot(kernel_6_1, files={}, script=["halt -f", "true"], timeout=_PATIENCE)
    assert result.outcome is Outcome.CRASHED
    assert result.statuses == (None, None)
    assert result.log[-1].text == "reboot: System halted"


def test_a_kernel_that_stops_before_its_init_is_not_waited_for(kernel_6_1: KernelTree) -> None:
    texts: list[str] = []
    with pytest.raises(MachineError, match="did not get as far as its init") as caught:
        boot.boot(
            kernel_6_1,
            files={},
            script=[],
            append="rdinit=/none panic=0",
            on_message=lambda message: texts.append(message.text),
        )
    assert "end Kernel panic" in caught.value.output
    assert "the last it said was: ---[ end Kernel panic" in caught.value.message
    # One that fell silent, as if it hung, is tried again.
    assert sum(text.startswith("Linux version") for text in texts) == 1


def test_a_kernel_that_finds_no_room_does_not_boot(kernel_6_1: KernelTree, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="did not get as far as its init"):
        boot.boot(kernel_6_1, files={}, script=[], append="rdinit=/none")
    broken = tmp_path / "vmlinuz"
    broken.write_bytes(b"no kernel" * 1000)
    with pytest.raises(MachineError, match="did not get as far as its init") as caught:
        boot.boot(replace(kernel_6_1, image=broken), files={}, script=[])
    assert "qemu" in caught.value.output


def test_a_kernel_without_an_image_names_what_gets_one(kernel_6_1: KernelTree) -> None:
    with pytest.raises(MachineError, match="there is no image of") as caught:
        boot.boot(replace(kernel_6_1, image=None), files={}, script=[])
    assert "rkmbuild kernel fetch 6.1" in (caught.value.hint or "")


@pytest.mark.parametrize("program", ["qemu-system-x86_64", "busybox"])
def test_without_qemu_or_busybox_it_says_so(
    kernel_6_1: KernelTree, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    from rkmbuild.base import search_path

    every = search_path.every
    monkeypatch.setattr(
        search_path, "every", lambda pattern: every(pattern if program not in pattern else "none")
    )
    with pytest.raises(MachineError, match=program):
        boot.boot(kernel_6_1, files={}, script=[])


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)]
)
def test_stopped_in_any_way_it_leaves_no_machine(
    kernel_6_1: KernelTree, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    ko = c_modules.built(kernel_6_1) / "loops.ko"
    shown, temporary = tmp_path / "shown", tmp_path / "temporary"
    temporary.mkdir()
    with shown.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "rkmbuild", "run", ko, "--timeout", "600"],
            env={**os.environ, "TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
    try:
        _until(lambda: b"loops: loading" in shown.read_bytes(), "the module's loading")
        assert c_modules.machines(temporary)
        process.send_signal(number)
        assert process.wait(_PATIENCE) == status
        _until(lambda: not c_modules.machines(temporary), "the machine's end")
    finally:
        process.kill()
        process.wait()
    if number is not signal.SIGKILL:
        assert list(temporary.iterdir()) == []


def test_a_shell_needs_a_terminal(kernel_6_1: KernelTree) -> None:
    done = rkmbuild("run", c_modules.built(kernel_6_1) / "clean.ko", "--shell")
    assert done.returncode == 2
    assert "--shell needs a terminal" in done.stderr


def test_a_shell_has_the_module_loaded(kernel_6_1: KernelTree, tmp_path: Path) -> None:
    ko = c_modules.built(kernel_6_1) / "clean.ko"
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TMPDIR"] = str(tmp_path)
        os.execv(sys.executable, [sys.executable, "-m", "rkmbuild", "run", str(ko), "--shell"])  # noqa: S606 - a terminal of its own needs a fork
    shown = b""

    def saw(words: bytes) -> bool:
        nonlocal shown
        if select.select([terminal], [], [], 0.1)[0]:
            shown += os.read(terminal, 4096)
        return words in shown

    # busybox 1.37 calls the folder ~.
    _until(lambda: saw(b" # "), "a prompt")
    os.write(terminal, b"lsmod | grep -c '^clean '; rmmod clean; echo status=$?\n")
    _until(lambda: saw(b"status=0"), "the answer")
    os.write(terminal, b"\x01x")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert b"clean: bye" in shown
    assert c_modules.machines(tmp_path) == []
