"""Every architecture says what the others say, in the words of the tools that it is for."""

import pickle
from pathlib import Path

import pytest
from elftools.elf.enums import ENUM_E_MACHINE, ENUM_RELOC_TYPE_AARCH64, ENUM_RELOC_TYPE_x64

from rkmbuild.arch import architectures, names
from rkmbuild.arch.aarch64 import AARCH64
from rkmbuild.arch.arch import Arch
from rkmbuild.arch.relocations import Base, signed
from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.base.errors import KernelError
from rkmbuild.guest import accel, boot
from rkmbuild.guest.machine import Configuration
from rkmbuild.guest.qemu_machine import command

every_arch = pytest.mark.parametrize("arch", architectures.ALL, ids=str)


@every_arch
def test_an_architecture_is_found_by_its_name_and_by_its_number(arch: Arch) -> None:
    assert architectures.of(arch.name) is arch
    assert architectures.by_elf(arch.elf_machine) is arch


def test_an_unknown_architecture_is_said_to_be_one() -> None:
    assert architectures.find("vax") is None
    with pytest.raises(KernelError, match="nothing is known of the architecture vax"):
        architectures.of("vax")


@every_arch
def test_another_process_gets_the_same_value(arch: Arch) -> None:
    assert pickle.loads(pickle.dumps(arch)) is arch  # noqa: S301 - our own bytes


@every_arch
def test_the_number_is_the_one_of_the_name_in_elf_h(arch: Arch) -> None:
    assert ENUM_E_MACHINE[arch.names.elf] == arch.elf_machine


@pytest.mark.parametrize(
    ("machine", "rustc", "bits"),
    [("x86_64", "x86_64", 64), ("aarch64", "aarch64", 64), ("ppc64", "powerpc64", 64),
     ("i686", "i686", 32), ("arm", "arm", 32)],
)  # fmt: skip
def test_a_machine_is_known_by_what_uname_says(machine: str, rustc: str, bits: int) -> None:
    found = names.of_uname(machine)
    assert found
    assert (found.rustc, found.bits) == (rustc, bits)
    assert names.of_uname("vax") is None


@every_arch
def test_a_guest_is_started_by_the_words_of_its_architecture(arch: Arch, tmp_path: Path) -> None:
    configuration = Configuration(
        arch=arch, image=tmp_path / "image", initramfs=b"", command_line="panic=-1", memory_mib=512
    )
    said = command(configuration, tmp_path, tmp_path / arch.qemu, "tcg")
    assert said[:3] == [str(tmp_path / arch.qemu), *arch.guest.arguments]
    assert said[said.index("-append") + 1] == f"console={arch.guest.console} panic=-1"
    assert "{chardev}" in arch.guest.second_port
    assert arch.guest.port != arch.guest.console


@every_arch
def test_a_kernel_is_told_how_to_end_by_the_words_of_its_architecture(arch: Arch) -> None:
    kvm = accel.Accel(name="kvm", reason="", proven=False)
    said = boot.command_line(arch, kvm, "", "nonce").split()
    assert said[-2:] == ["--", "nonce"]
    assert arch.guest.early_console in said
    assert [word for word in said if word.startswith("reboot=")] == (
        [arch.guest.reboot] if arch.guest.reboot else []
    )


@every_arch
def test_the_memory_of_modules_lies_within_the_reach_of_the_kernel(arch: Arch) -> None:
    space = arch.space
    assert space.start <= space.start_random < space.end
    assert abs(space.end - space.kernel) <= 1 << 31
    assert abs(space.kernel - space.start) <= 1 << 31


def test_no_two_names_are_the_same() -> None:
    options = [one.option for one in names.ALL if one.option]
    assert len(set(options)) == len(options)
    count = len(names.ALL)
    assert len({one.rustc for one in names.ALL}) == len({one.elf for one in names.ALL}) == count
    assert [arch.names for arch in architectures.ALL] == list(names.ALL[: len(architectures.ALL)])
    assert all(arch.names.image for arch in architectures.ALL)


@pytest.mark.parametrize(
    ("arch", "numbers"),
    [(X86_64, ENUM_RELOC_TYPE_x64), (AARCH64, ENUM_RELOC_TYPE_AARCH64)],
    ids=["x86_64", "aarch64"],
)
def test_types_of_relocations_have_the_numbers_of_the_psabi(
    arch: Arch, numbers: dict[str, int]
) -> None:
    rules = arch.relocations
    ours = {number: f"{rules.prefix}{name}" for number, name in rules.names.items()}
    theirs = {number: name for name, number in numbers.items() if number in ours}
    # The old number of Arm's NONE, and what x86-64 added since the library was made.
    missing = {256, *(n for n in ours if n not in numbers.values())}
    assert {n: name for n, name in ours.items() if n not in missing} == {
        n: name for n, name in theirs.items() if n not in missing
    }
    assert len(missing) <= 8


@every_arch
def test_what_the_loader_applies_has_a_name_and_is_no_got_or_tls(arch: Arch) -> None:
    rules = arch.relocations
    for number, kind in rules.applied.items():
        assert rules.names[number] == kind.name
        assert kind.width in (0, 2, 4, 8)
    assert not {*rules.got, *rules.thread_local} & rules.applied.keys()
    assert {rules.pointer, *rules.addresses, *rules.calls} <= rules.applied.keys()
    assert rules.applied[rules.pointer].width == 8


@every_arch
def test_a_value_fits_where_its_bits_hold_it(arch: Arch) -> None:
    place = 0xFFFF_8000_8123_4567
    for kind in arch.relocations.applied.values():
        if not kind.fits:
            continue
        first, last = kind.fits
        assert kind.takes(first)
        assert kind.takes(last)
        assert not kind.takes(first - 1)
        assert not kind.takes(last + 1)
        target = place + last if kind.base is Base.PLACE else last
        if kind.base is not Base.PAGE:
            assert kind.value(target & (1 << 64) - 1, place) == last


def test_a_page_is_counted_from_the_page_of_the_place() -> None:
    page = AARCH64.relocations.applied[275]
    assert page.value(0xFFFF_8000_8000_3123, 0xFFFF_8000_8000_1FFC) == 0x2000
    assert page.value(0xFFFF_8000_8000_0123, 0xFFFF_8000_8000_1FFC) == -0x1000
    assert page.fits == signed(33)
