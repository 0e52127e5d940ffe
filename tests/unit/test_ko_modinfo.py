"""What a module file says of itself, from whole, damaged and hostile files."""

import gzip
import lzma
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.ko import compression, modinfo
from rkmbuild.ko.modinfo import Parameter
from tests.unit import elf_file

Pack = Callable[[bytes], bytes]

_FIELDS = [
    ("license", "GPL"),
    ("parm", "count:How often"),
    ("parmtype", "count:int"),
    ("parmtype", "sizes:array of ushort"),
    ("alias", "pci:v*"),
    ("alias", "usb:v*"),
    ("depends", "vsock,nvme-fabrics"),
    ("name", "hello"),
    ("vermagic", "6.1.0-56-cloud-amd64 SMP preempt mod_unload modversions "),
]


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    ko = tmp_path / "hello.ko"
    ko.write_bytes(
        elf_file.module(
            _FIELDS,
            note_rkmbuild=elf_file.note("rkmbuild", 1, b"1.2.3\0"),
        )
    )
    return ko


def test_fields_are_read_in_the_order_of_the_file(hello: Path) -> None:
    assert modinfo.read(hello).fields == tuple(_FIELDS)


def test_the_kernel_and_its_options_are_read(hello: Path) -> None:
    read = modinfo.read(hello)
    assert read.release == "6.1.0-56-cloud-amd64"
    assert read.vermagic.split()[1:] == ["SMP", "preempt", "mod_unload", "modversions"]
    assert read.machine == "x86_64"
    assert read.depends == ("vsock", "nvme-fabrics")


def test_parameters_are_read_with_and_without_description(hello: Path) -> None:
    assert modinfo.read(hello).parameters == (
        Parameter("count", "int", "How often"),
        Parameter("sizes", "array of ushort", ""),
    )


def test_the_tool_that_built_it_is_known_by_a_note(hello: Path) -> None:
    assert modinfo.read(hello).rkmbuild == "1.2.3"
    other = elf_file.module(_FIELDS)
    assert modinfo.parse(hello, other).rkmbuild is None


def test_the_build_id_is_found_behind_other_notes() -> None:
    notes = elf_file.note("Linux", 1, b"x") + elf_file.note("GNU", 3, b"\xab\xcd")
    assert modinfo.note(notes, "GNU", 3) == b"\xab\xcd"


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_note_that_is_cut_off_is_none(cut: int) -> None:
    assert modinfo.note(elf_file.note("GNU", 3, b"abcd")[:-cut], "GNU", 3) is None


def test_without_a_name_field_the_file_gives_the_name(tmp_path: Path) -> None:
    data = elf_file.module([("license", "GPL")])
    assert modinfo.parse(tmp_path / "my-driver.ko.xz", data).name == "my_driver"


def test_an_appended_signature_is_seen(hello: Path) -> None:
    data = hello.read_bytes()
    assert not modinfo.parse(hello, data).signed
    assert modinfo.parse(hello, data + b"...~Module signature appended~\n").signed


def test_another_machine_is_named(hello: Path) -> None:
    sections = {".modinfo": b"license=GPL\0", ".gnu.linkonce.this_module": bytes(8)}
    data = elf_file.relocatable(sections, machine=183)
    assert modinfo.parse(hello, data).machine == "aarch64"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_a_packed_module_is_read_whatever_its_name_says(hello: Path, pack: Pack) -> None:
    packed = hello.with_name("renamed.ko")
    packed.write_bytes(pack(hello.read_bytes()))
    assert modinfo.read(packed).fields == tuple(_FIELDS)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_packed_file_that_is_cut_off_is_damaged(hello: Path, pack: Pack) -> None:
    hello.write_bytes(pack(hello.read_bytes())[:-20])
    with pytest.raises(NotAModuleError, match="damaged"):
        modinfo.read(hello)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path, pack: Pack) -> None:
    bomb = tmp_path / "bomb.ko"
    bomb.write_bytes(pack(bytes(3 << 20)))
    with pytest.raises(NotAModuleError, match="no kernel module does"):
        compression.decompress(bomb, limit=2 << 20)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no ELF file"),
        (b"#!/bin/sh\n", "no ELF file"),
        (b"\x7fELF", "damaged"),
        (elf_file.relocatable({".text": b"x"}), "does not have the sections"),
        (elf_file.relocatable({".modinfo": b"license=GPL\0"}), "does not have the sections"),
        (elf_file.relocatable({".modinfo": b"x"}, kind=3), "no relocatable object"),
        (elf_file.module([("name", "../../etc/passwd")]), "no module can be called"),
        (elf_file.module([("name", "x" * 60)]), "no module can be called"),
    ],
)
def test_what_is_no_module_is_said_to_be_none(tmp_path: Path, data: bytes, why: str) -> None:
    ko = tmp_path / "x.ko"
    ko.write_bytes(data)
    with pytest.raises(NotAModuleError, match=why):
        modinfo.read(ko)


def test_a_folder_a_pipe_and_a_missing_file_are_no_modules(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none", Path("/dev/zero")):
        with pytest.raises(NotAModuleError):
            modinfo.read(path)


def test_what_could_steer_a_terminal_is_not_read_as_it_is(hello: Path) -> None:
    read = modinfo.parse(hello, elf_file.module([("license", "\x1b[31mGPL"), ("name", "x")]))
    assert read.license == "\ufffd[31mGPL"


def test_damage_anywhere_is_a_clear_failure_or_none_at_all(hello: Path) -> None:
    whole = hello.read_bytes()
    generator = random.Random(1)  # noqa: S311 - the same damage each time
    outcomes = set()
    for _ in range(1500):
        data = bytearray(whole)
        for _ in range(generator.choice((1, 4))):
            data[generator.randrange(len(data))] = generator.randrange(256)
        try:
            modinfo.parse(hello, bytes(data))
            outcomes.add("read")
        except NotAModuleError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_a_file_that_ends_anywhere_is_a_clear_failure(hello: Path) -> None:
    whole = hello.read_bytes()
    for length in range(0, len(whole), 7):
        with pytest.raises(NotAModuleError):
            modinfo.parse(hello, whole[:length])
