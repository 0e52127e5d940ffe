"""A guest whose kernel was booted before: it is the guest that would have been booted."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base import cache, paths
from rkmbuild.base.errors import UsageError
from rkmbuild.guest import accel, boot, freezer, frozen, initramfs
from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree

_PATIENCE = 60.0
_SCRIPT = [
    "date +%s; grep MemTotal /proc/meminfo; cat /proc/cmdline; nproc",
    "stat -c '%A %s %Y %n' /given/folder/program; readlink /given/folder/link; cat /given/text",
    "echo of the log >/dev/kmsg; exit 3",
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with nothing kept, under TCG."""
    for kind in ("kernel", "boot-image"):
        (tmp_path / "cache").mkdir(exist_ok=True)
        (tmp_path / "cache" / kind).symlink_to(paths.cache_dir() / kind)
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(tmp_path / "cache"))
    cache.tag(tmp_path / "cache")
    monkeypatch.setenv(accel.VARIABLE, "tcg")


def _boot(tree: KernelTree, folder: Path, cpus: int = 1) -> GuestResult:
    files: dict[str, initramfs.Content] = {"given/text": "a text\n", "given/folder": folder}
    return boot.boot(tree, files=files, script=_SCRIPT, timeout=_PATIENCE, cpus=cpus)


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "program").write_text("#!/bin/sh\n")
    (folder / "program").chmod(0o755)
    (folder / "link").symlink_to("program")
    return folder


def _kept() -> list[Path]:
    return sorted((paths.cache_dir() / "frozen-guest").glob("*/state"))


def test_it_is_the_guest_that_would_have_been_booted(kernel: KernelTree, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    cpus = 2 if kernel.version.major == 7 else 1
    anew = _boot(kernel, folder, cpus=cpus)
    assert not _kept()
    kept = _boot(kernel, folder, cpus=cpus)
    assert len(_kept()) == 1
    again = _boot(kernel, folder, cpus=cpus)
    for gone_on in (kept, again):
        assert gone_on.outcome is Outcome.FINISHED
        assert gone_on.statuses == anew.statuses == (0, 0, 3)
        date, memory, line, processors = gone_on.steps[0].lines
        assert abs(int(date) - time.time()) < _PATIENCE
        had = int(anew.steps[0].lines[1].split()[1])
        assert abs(int(memory.split()[1]) - had) < had / 50
        assert " memmap=" in line
        assert line.partition(" memmap=")[0] == anew.steps[0].lines[2].partition(" -- ")[0]
        assert processors == str(cpus)
        assert gone_on.steps[1].lines == anew.steps[1].lines
        # All that a kernel says of itself while it boots is there, once.
        texts = [message.text for message in gone_on.log]
        assert sum(text.startswith("Linux version ") for text in texts) == 1
        assert texts[-1] == anew.log[-1].text
        assert [m.step for m in gone_on.log if m.text == "of the log"] == [2]


def test_what_does_not_go_on_boots_anew_and_is_not_tried_again(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    folder = _folder(tmp_path)
    for _ in range(2):
        _boot(kernel_6_12, folder)
    (state,) = _kept()
    state.write_bytes(b"no state of a machine")
    assert _boot(kernel_6_12, folder).statuses == (0, 0, 3)
    assert not _kept()
    assert _boot(kernel_6_12, folder).statuses == (0, 0, 3)
    assert not _kept()
    # A day later it is.
    (given_up,) = (paths.cache_dir() / "frozen-guest").glob("*/.done")
    os.utime(given_up, (0, time.time() - 90_000))
    _boot(kernel_6_12, folder)
    assert _kept()


def test_what_was_removed_meanwhile_boots_anew(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    for _ in range(2):
        _boot(kernel_6_12, folder)
    (state,) = _kept()
    (state.parent / frozen.LOG).unlink()
    assert "memmap=" not in _boot(kernel_6_12, folder).steps[0].lines[2]


def test_another_kind_of_machine_is_another_one(
    kernel_6_12: KernelTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _folder(tmp_path)
    for _ in range(2):
        _boot(kernel_6_12, folder)
    arch = boot.bootable_arch(kernel_6_12)
    other = replace(arch, guest=replace(arch.guest, options=(*arch.guest.options, "acpi=off")))
    monkeypatch.setattr(boot, "bootable_arch", lambda _tree: other)
    assert "memmap=" not in _boot(kernel_6_12, folder).steps[0].lines[2]
    assert len(_kept()) == 1


def test_a_kernel_that_cannot_be_kept_boots(
    kernel_6_12: KernelTree,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As where it has no /dev/mem.
    monkeypatch.setattr(initramfs, "WAITING", initramfs.WAITING.replace("/dev/mem", "/dev/none"))
    folder = _folder(tmp_path)
    for _ in range(3):
        assert _boot(kernel_6_12, folder).statuses == (0, 0, 3)
    assert not _kept()


def test_what_has_no_room_boots_anew(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    for _ in range(2):
        _boot(kernel_6_12, folder)
    assert _kept()
    (folder / "large").write_bytes(bytes(frozen.ROOM_MIB << 20))
    result = boot.boot(kernel_6_12, files={"f": folder}, script=["wc -c </f/large"], memory_mib=512)
    assert result.lines == (str(frozen.ROOM_MIB << 20),)


def test_it_can_be_had_anew(
    kernel_6_12: KernelTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _folder(tmp_path)
    monkeypatch.setenv(freezer.VARIABLE, "anew")
    for _ in range(2):
        line = _boot(kernel_6_12, folder).steps[0].lines[2]
        assert "memmap=" not in line
    assert not _kept()
    monkeypatch.setenv(freezer.VARIABLE, "old")
    with pytest.raises(UsageError, match="RKMBUILD_BOOT"):
        _boot(kernel_6_12, folder)
