"""KVM on the machine that the tests run on, whatever it is worth there."""

import time
from pathlib import Path

import pytest

from rkmbuild.arch import architectures
from rkmbuild.base import paths
from rkmbuild.guest import accel, boot, qemu_machine
from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree


@pytest.fixture
def nothing_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "state_dir", lambda: tmp_path)
    monkeypatch.delenv(accel.VARIABLE, raising=False)


@pytest.mark.usefixtures("nothing_known")
def test_a_kernel_boots_whatever_kvm_is_worth_and_the_next_one_knows(
    kernel_6_1: KernelTree, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = accel.choose(qemu_machine.emulator(architectures.of(kernel_6_1.arch)))
    started = time.monotonic()
    first = boot.boot(kernel_6_1, files={}, script=["uname -r"])
    lost = time.monotonic() - started - first.seconds
    assert first.outcome is Outcome.FINISHED
    assert first.lines == (kernel_6_1.release,)
    assert lost < 8, "a KVM that does not work costs a few seconds and no more"
    told = capsys.readouterr().err
    assert ("no kernel boots under it" in told) == (chosen.name != first.accel.name)
    second = boot.boot(kernel_6_1, files={}, script=[])
    assert second.accel.name == first.accel.name
    assert second.accel.proven
    assert "no kernel boots" not in capsys.readouterr().err


@pytest.mark.usefixtures("nothing_known")
def test_what_is_asked_for_is_used(kernel_6_1: KernelTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(accel.VARIABLE, "tcg")
    result = boot.boot(kernel_6_1, files={}, script=[])
    assert (result.accel.name, result.outcome) == ("tcg", Outcome.FINISHED)
