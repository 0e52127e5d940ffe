"""What the running kernel would say to a module, read from /proc and /sys."""

from pathlib import Path

import pytest

from rkmbuild.doctor import host
from rkmbuild.doctor.table import Check, State

SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


def check(root: Path, part: str) -> Check:
    (found,) = (check for check in host.host(root) if check.part == part)
    return found


def put(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def test_secure_boot_is_the_fifth_byte_of_the_variable(tmp_path: Path) -> None:
    put(tmp_path / SECURE_BOOT, b"\x06\0\0\0\1")
    assert check(tmp_path, "Secure Boot").state is State.NOTE
    put(tmp_path / SECURE_BOOT, b"\x06\0\0\0\0")
    assert check(tmp_path, "Secure Boot").remark == "off"


def test_a_machine_without_uefi_has_no_secure_boot(tmp_path: Path) -> None:
    assert check(tmp_path, "Secure Boot").state is State.OK


def test_lockdown_is_the_word_in_brackets(tmp_path: Path) -> None:
    put(tmp_path / "sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
    found = check(tmp_path, "lockdown")
    assert found.state is State.NOTE
    assert found.remark.startswith("integrity")
    put(tmp_path / "sys/kernel/security/lockdown", "[none] integrity confidentiality\n")
    assert check(tmp_path, "lockdown").state is State.OK


def test_enforced_signatures_are_worth_a_note(tmp_path: Path) -> None:
    put(tmp_path / "sys/module/module/parameters/sig_enforce", "Y\n")
    assert check(tmp_path, "sig_enforce").state is State.NOTE
    put(tmp_path / "sys/module/module/parameters/sig_enforce", "N\n")
    assert check(tmp_path, "sig_enforce").remark == "off"


def test_taint_is_told_bit_by_bit(tmp_path: Path) -> None:
    put(tmp_path / "proc/sys/kernel/tainted", "12289\n")
    found = check(tmp_path, "taint")
    assert [letter for letter, _ in host.taints(12289)] == ["P", "O", "E"]
    assert "an unsigned module was loaded" in found.remark
    assert found.state is State.OK


def test_a_kernel_that_oopsed_is_worth_a_note(tmp_path: Path) -> None:
    put(tmp_path / "proc/sys/kernel/tainted", str(1 << 7 | 1 << 12))
    assert check(tmp_path, "taint").state is State.NOTE


def test_a_taint_of_a_kernel_to_come_is_shown_as_a_number() -> None:
    assert host.taints(1 << 30) == [("?", "unknown bits 0x40000000")]


def test_root_in_a_container_may_lack_the_right_to_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    put(tmp_path / "proc/self/status", "Name:\tpython\nCapEff:\t00000000a80425fb\n")
    assert "CAP_SYS_MODULE" in check(tmp_path, "root").remark
    put(tmp_path / "proc/self/status", "Name:\tpython\nCapEff:\t000001ffffffffff\n")
    assert check(tmp_path, "root").remark == "root"
