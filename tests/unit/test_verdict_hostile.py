"""Files made to keep a checker busy, or to fill its memory."""

import contextlib
import resource
import struct
import time
from collections.abc import Callable

import pytest

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.ko import contents, elf
from rkmbuild.verdict import check
from tests.modules import AX, A, Module, Sec, Sym, grown, kernel, module

SECONDS = 10.0
MEMORY_KIB = 1 << 20


def header(
    kind: int, offset: int, size: int, *, flags: int = 2, link: int = 0, info: int = 0
) -> bytes:
    return struct.pack("<IIQQQQIIQQ", 1, kind, flags, 0, offset, size, link, info, 8, 24)


def sections_over_one_another(kind: int, flags: int) -> bytes:
    """60,000 sections that all hold the whole of a file of four megabytes."""
    whole = bytes(module())
    count = 60_000
    table = header(kind, 0, len(whole), flags=flags, info=1) * count
    at = struct.unpack_from("<Q", whole, 40)[0]
    old = struct.unpack_from("<H", whole, 60)[0]
    data = bytearray(whole + table)
    struct.pack_into("<H", data, 60, old + count)
    size = len(data)
    for number in range(old, old + count):
        struct.pack_into("<QQ", data, at + 64 * number + 24, 0, size // 24 * 24)
    return bytes(data)


def a_table_of_strings_without_end() -> bytes:
    made: Module = module()
    return bytes(made.add(*(Sym("x" * 60) for _ in range(20_000))))


def many_symbols_of_one_endless_name() -> bytes:
    data = bytearray(a_table_of_strings_without_end())
    return bytes(data).replace(b"x\0x", b"xxx")


def one_circle_of_many_functions() -> bytes:
    """Each calls the next one, each is said to have all of the code, and the last has the most."""
    count = 60_000
    code = b"\xe8\0\0\0\0" * (count - 1) + b"\xe8" + (-5 * count).to_bytes(4, "little", signed=True)
    code += bytes(1 << 20)
    names = (Sym("x", ".text.x", 5 * n, len(code) - 5 * n, 2) for n in range(count))
    return bytes(module().add(Sec(".text.x", code, AX), *names))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "relocations over one another": lambda: sections_over_one_another(4, 0),
    "code over itself": lambda: sections_over_one_another(1, 6),
    "many unknown symbols": a_table_of_strings_without_end,
    "endless names": many_symbols_of_one_endless_name,
    "all zeros": lambda: bytes(8 << 20),
    "a header and zeros": lambda: bytes(module())[:64] + bytes(8 << 20),
    "much code of nothing": lambda: bytes(module().add(Sec(".text.zero", bytes(8 << 20), AX))),
    "calls of nothing": lambda: bytes(
        module().add(Sec(".text.calls", b"\xe8\0\0\0\0" * 400_000, AX))
    ),
    "a circle of calls": one_circle_of_many_functions,
    "a table of symbols without end": lambda: grown(elf.SHT_SYMTAB, 50 << 20),
    "relocations without end": lambda: grown(elf.SHT_RELA, 200 << 20),
    "much of .modinfo": lambda: bytes(module().section(".modinfo", data=b"a=b\0" * 500_000)),
    "many versions": lambda: bytes(
        module().add(Sec("__versions", bytes(64) * 50_000, A)).section("__versions", flags=A)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_judged_at_once_and_in_little_memory(name: str) -> None:
    data = HOSTILE[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    for version in ("6.1.0", "6.12.0"):
        verdict = check.judge(data, kernel(version), explain=False)
        assert verdict.exit_code in (0, 40, 41, 42)
    with contextlib.suppress(NotAModuleError):
        contents.read(data, name="hostile")
    assert time.process_time() - started < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY_KIB
