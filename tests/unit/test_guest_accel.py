"""What a guest runs under, decided from what is known already."""

import json
from pathlib import Path

import pytest

from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.base import paths
from rkmbuild.base.errors import UsageError
from rkmbuild.guest import accel
from rkmbuild.toolchain.parts import Tool, Version

_QEMU = Tool(name="qemu-system-x86_64", path=Path("/usr/bin/qemu"), version=Version(7, 2, 22))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "state_dir", lambda: tmp_path / "state")
    monkeypatch.delenv(accel.VARIABLE, raising=False)
    device = tmp_path / "kvm"
    device.touch()
    monkeypatch.setattr(accel, "DEVICE", device)
    return tmp_path / "state" / "kvm.json"


def test_kvm_that_is_only_there_is_not_proven() -> None:
    chosen = accel.choose(_QEMU)
    assert (chosen.name, chosen.proven) == ("kvm", False)


@pytest.mark.parametrize(("works", "name"), [(True, "kvm"), (False, "tcg")])
def test_what_came_of_it_is_remembered(works: bool, name: str) -> None:
    accel.remember(_QEMU, works=works)
    chosen = accel.choose(_QEMU)
    assert (chosen.name, chosen.proven) == (name, True)


def test_it_is_tried_again_when_told_to_forget() -> None:
    accel.remember(_QEMU, works=False)
    accel.forget()
    assert not accel.choose(_QEMU).proven


def test_another_emulator_is_tried_again() -> None:
    accel.remember(_QEMU, works=False)
    newer = Tool(name=_QEMU.name, path=_QEMU.path, version=Version(9, 0))
    assert not accel.choose(newer).proven


def test_after_a_week_it_is_tried_again(state: Path) -> None:
    accel.remember(_QEMU, works=False)
    document = json.loads(state.read_text())
    state.write_text(json.dumps(document | {"time": document["time"] - 8 * 86400}))
    assert not accel.choose(_QEMU).proven


def test_after_a_reboot_it_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accel.remember(_QEMU, works=False)
    boot = tmp_path / "boot_id"
    boot.write_text("another\n")
    monkeypatch.setattr(accel, "_BOOT_ID", boot)
    assert not accel.choose(_QEMU).proven


@pytest.mark.parametrize("text", ["", "{", "[]", '{"works": true}'])
def test_a_broken_note_counts_for_nothing(state: Path, text: str) -> None:
    state.parent.mkdir(parents=True)
    state.write_text(text)
    assert not accel.choose(_QEMU).proven


def test_without_the_device_it_is_tcg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accel, "DEVICE", tmp_path / "none")
    assert accel.choose(_QEMU).name == "tcg"


def test_the_variable_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(accel.VARIABLE, "tcg")
    assert accel.choose(_QEMU).name == "tcg"
    monkeypatch.setenv(accel.VARIABLE, "xen")
    with pytest.raises(UsageError, match="it must be kvm or tcg"):
        accel.choose(_QEMU)


def _host(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


_CPUINFO = "processor\t: 0\ncpu MHz\t\t: 2596.142\n"
_CPUFREQ = "sys/devices/system/cpu/cpu0/cpufreq"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"proc/cpuinfo": _CPUINFO}, ["tsc_early_khz=2596142", "tsc=reliable"]),
        # What such a processor runs at now is not what its counter counts.
        (
            {"proc/cpuinfo": _CPUINFO, f"{_CPUFREQ}/scaling_driver": "acpi-cpufreq\n"},
            ["tsc_early_khz=2596142"],
        ),
        (
            {"proc/cpuinfo": _CPUINFO, f"{_CPUFREQ}/base_frequency": "2600000\n"},
            ["tsc_early_khz=2600000", "tsc=reliable"],
        ),
        ({"proc/cpuinfo": "processor\t: 0\n"}, []),
        ({}, []),
    ],
    ids=["one frequency", "several", "a base frequency", "none told", "nothing"],
)
def test_a_guest_trusts_a_clock_whose_frequency_is_certain(
    tmp_path: Path, files: dict[str, str], words: list[str]
) -> None:
    found = X86_64.guest.clock_words(_host(tmp_path / "host", files))
    assert found == ["no_timer_check", *words]
