"""Where a function of a trace is in a file with debug information, however the file is."""

import random
import struct
from pathlib import Path

import pytest

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.klog.frames import Frame
from rkmbuild.ko import elf
from rkmbuild.trace import unloaded
from rkmbuild.trace.debugfile import DebugFile, Place
from tests import modules
from tests.modules import AX, Module, Sec, Sym

LONG = "_RNv" + "x" * 600
LEGACY = "_ZN4core3ptr13read_volatile17h0123456789abcdefE"
BUILD_ID = bytes(range(20))


def made(**extra: int) -> Module:
    """A module whose functions have short, long and equal names."""
    note = struct.pack("<III4s", 4, 20, 3, b"GNU\0") + BUILD_ID
    return Module(
        sections=(
            Sec(".note.gnu.build-id", note, kind=elf.SHT_NOTE),
            Sec(".text", b"", AX, elf.SHT_NOBITS, align=16, size=0x100),
            Sec(".text.unlikely", b"", AX, elf.SHT_NOBITS, align=16, size=0x100),
            Sec(".init.text", b"", AX, elf.SHT_NOBITS, align=16, size=0x40),
            Sec(".exit.text", b"", AX, elf.SHT_NOBITS, align=16, size=0x40),
        ),
        symbols=(
            Sym("first", ".text", 0x10, 0x15, elf.STT_FUNC),
            Sym("__pfx_second", ".text", 0x30, 0x10, elf.STT_FUNC),
            Sym("second", ".text", 0x40, 0x20, elf.STT_FUNC),
            Sym("twice", ".text", 0x60, 0x10, elf.STT_FUNC),
            Sym(LEGACY, ".text", 0x90, 0x10, elf.STT_FUNC),
            Sym(LONG + "a", ".text.unlikely", 0x0, 0x10, elf.STT_FUNC),
            Sym(LONG + "b", ".text.unlikely", 0x10, 0x20, elf.STT_FUNC),
            Sym("twice", ".text.unlikely", 0x30, 0x20, elf.STT_FUNC),
            Sym("alike", ".text.unlikely", 0x50, 0x10, elf.STT_FUNC),
            Sym("alike", ".text.unlikely", 0x60, 0x10, elf.STT_FUNC),
            Sym("start", ".init.text", 0, 0x10, elf.STT_FUNC),
            Sym("stop", ".exit.text", 0, 0x10, elf.STT_FUNC),
        ),
        extra=extra,
    )


@pytest.fixture
def debug(tmp_path: Path) -> DebugFile:
    file = tmp_path / "tiny.ko.debug"
    file.write_bytes(bytes(made()))
    return DebugFile(file)


def find(debug: DebugFile, symbol: str, offset: int, size: int) -> Place | str:
    return debug.find(Frame(symbol=symbol, offset=offset, size=size, module="tiny"))


def test_a_place_is_a_section_and_an_offset(debug: DebugFile) -> None:
    # The kernel counts a function up to the next symbol: the padding behind it is a part of it.
    assert find(debug, "first", 0x5, 0x20) == Place(".text", 0x15)
    assert find(debug, LEGACY, 0x1, 0x80) == Place(".text", 0x91)
    assert debug.build_id == BUILD_ID.hex()


def test_the_last_function_of_a_section_may_be_followed_by_anything(debug: DebugFile) -> None:
    assert find(debug, "start", 0x10, 0xFF0) == Place(".init.text", 0x10)
    assert isinstance(find(debug, "start", 0x1, 0x8), str)


def test_a_function_of_another_size_is_one_of_another_build(debug: DebugFile) -> None:
    found = find(debug, "first", 0x5, 0x30)
    assert isinstance(found, str)
    assert "another build" in found
    assert find(debug, "nothing", 0, 0x10) == "has no such function"


def test_two_functions_of_one_name_are_told_apart_by_their_sizes(debug: DebugFile) -> None:
    assert find(debug, "twice", 0x1, 0x20) == Place(".text.unlikely", 0x31)
    assert find(debug, "twice", 0x1, 0x30) == Place(".text", 0x61)
    assert find(debug, "alike", 0x1, 0x10) == "has 2 functions of this name and size"


@pytest.mark.parametrize("length", [127, 511])
def test_a_name_that_was_cut_off_is_found_by_what_is_left_and_the_size(
    debug: DebugFile, length: int
) -> None:
    assert find(debug, LONG[:length], 0x1, 0x10) == Place(".text.unlikely", 0x1)
    assert find(debug, LONG[:length], 0x1, 0x20) == Place(".text.unlikely", 0x11)
    assert find(debug, LONG[:126], 0x1, 0x10) == "has no such function"


def test_an_offset_beyond_the_end_is_no_place(debug: DebugFile) -> None:
    assert isinstance(find(debug, "second", 0x21, 0x20), str)
    assert find(debug, "second", 0x20, 0x20) == Place(".text", 0x60)


def test_code_that_was_unloaded_is_found_by_where_it_was(debug: DebugFile) -> None:
    text = 0xFFFF_FFFF_C02D_4000
    assert unloaded.at(debug, text + 0x41, text) == Place(".text", 0x41)
    assert unloaded.at(debug, text + 0x131, text) == Place(".text.unlikely", 0x31)
    # The code of the init is freed long before.
    assert unloaded.at(debug, text + 0x201, text) == Place(".exit.text", 0x1)
    assert unloaded.at(debug, text + 0x241, text) is None
    assert unloaded.at(debug, text - 1, text) is None


def test_code_that_was_unloaded_is_guessed_by_the_last_digits(debug: DebugFile) -> None:
    assert unloaded.guesses(debug, 0xFFFF_FFFF_C0AB_C041) == [Place(".text", 0x41)]
    # No function is there.
    assert unloaded.guesses(debug, 0xFFFF_FFFF_C0AB_C00F) == []
    assert unloaded.guesses(debug, 0xFFFF_FFFF_C0AB_CFFF) == []


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.ko.debug"
    for data in (b"", b"\x7fELF", b"hello" * 100, bytes(made(type=2))):
        file.write_bytes(data)
        with pytest.raises(NotAModuleError):
            DebugFile(file)
    with pytest.raises(NotAModuleError):
        DebugFile(tmp_path)


def test_a_damaged_file_has_places_or_says_what_is_wrong(tmp_path: Path) -> None:
    whole = bytes(made())
    file = tmp_path / "tiny.ko.debug"
    generator = random.Random(1)  # noqa: S311 - the same damage each time
    names = ("first", "twice", LONG[:511], LEGACY)
    for _ in range(200):
        data = bytearray(whole[: generator.randrange(64, len(whole))] + bytes(64))
        if generator.random() < 0.7:
            data = bytearray(whole)
        for _ in range(generator.randrange(1, 9)):
            data[generator.randrange(20, len(data))] = generator.choice((0, 0xFF, 0x80, 1))
        data[:20] = whole[:20]
        file.write_bytes(data)
        damaged = DebugFile(file)
        for name in names:
            assert isinstance(find(damaged, name, 1, 0x20), Place | str)
        assert len(unloaded.guesses(damaged, 0xFFFF_FFFF_C000_0041)) < 100_000
        assert isinstance(damaged.build_id, str)


def test_the_module_of_other_tests_has_its_places_too(tmp_path: Path) -> None:
    file = tmp_path / "tiny.ko"
    file.write_bytes(bytes(modules.module()))
    size = len(modules.FUNCTION)
    assert find(DebugFile(file), "cleanup_module", 1, size) == Place(".text", 1)
