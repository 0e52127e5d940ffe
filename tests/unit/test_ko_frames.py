"""Which functions have large frames, and how large."""

from rkmbuild.arch.aarch64 import AARCH64
from rkmbuild.ko import frames
from rkmbuild.ko.frames import Frame
from tests.modules import AX, ENDBR, Module, Sec, Sym, module


def code(text: str) -> bytes:
    """A module with one more function: `endbr64`, then the given bytes, then `int3`."""
    body = ENDBR + bytes.fromhex(text) + b"\xcc"
    more = Sec(".text.more", body, AX, align=16)
    return bytes(module().add(more, Sym("more", ".text.more", 0, len(body), 2)))


def test_a_functions_largest_frame_counts_where_it_is_over_the_limit() -> None:
    twice = code("4881ec00200000" + "4881ec00300000")  # sub $8192, %rsp; sub $12288, %rsp
    assert frames.larger_than(twice, 8192) == [Frame("more", 12288)]
    assert frames.larger_than(twice, 12288) == []


def test_an_ordinary_module_has_none() -> None:
    assert frames.larger_than(bytes(module()), 1024) == []


def test_of_a_module_whose_instructions_nothing_reads_nothing_is_said() -> None:
    arm = Module(module().sections, module().symbols, {"machine": AARCH64.elf_machine})
    assert frames.larger_than(bytes(arm), 1024) == []
