"""What qemu is started with."""

from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.guest import qemu_machine
from rkmbuild.guest.machine import Configuration


@pytest.mark.parametrize("size", [0, 4, 512, 4092, 4096, 4100, 123456])
def test_an_initramfs_leaves_its_last_page_to_the_firmwares_tables(
    tmp_path: Path, size: int
) -> None:
    asked = Configuration(
        arch=X86_64, image=Path("/boot/x"), initramfs=b"x" * size, command_line="", memory_mib=512
    )
    words = qemu_machine.command(asked, tmp_path, Path("/usr/bin/qemu-system-x86_64"), "tcg")
    made = Path(words[words.index("-initrd") + 1]).read_bytes()
    assert made.startswith(asked.initramfs)
    assert set(made[size:]) == {0}
    # It begins at the start of a page, and ends with the memory.
    assert len(made) % 4096 == 4


def test_a_guest_whose_clocks_count_instructions_is_told_so(tmp_path: Path) -> None:
    plain = Configuration(
        arch=X86_64, image=Path("/boot/x"), initramfs=b"", command_line="", memory_mib=512
    )
    words = qemu_machine.command(
        replace(plain, counting=True), tmp_path, Path("/usr/bin/qemu-system-x86_64"), "tcg"
    )
    assert words[words.index("-icount") + 1] == "shift=0,sleep=off"
    usual = qemu_machine.command(plain, tmp_path, Path("/usr/bin/qemu-system-x86_64"), "tcg")
    assert "-icount" not in usual
    assert "tsc_early_khz=1000000" in X86_64.guest.counting_words
