"""How a file is packed, read from its first bytes, and whether a kernel would unpack it itself."""

import dataclasses
import gzip
import lzma
import struct
from typing import Any

import pytest

from rkmbuild.ko import packing
from rkmbuild.ko.packing import Filter, Packer, Packing
from rkmbuild.verdict import packing as judged
from rkmbuild.verdict import target
from rkmbuild.verdict.finding_list import FindingList
from tests.modules import kernel

_SMALL = {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}
_PLAIN = bytes(range(256)) * 64


def _xz(*filters: dict[str, Any], check: int = lzma.CHECK_CRC32) -> bytes:
    return lzma.compress(_PLAIN, check=check, filters=[*filters, _SMALL])


def _findings(data: bytes, unpacks: str = "xz", **config: str) -> list[tuple[str, str]]:
    known = dataclasses.replace(kernel(**config), unpacks=unpacks)
    report = FindingList()
    judged.check(packing.read(data[: packing.HEADER_BYTES]), known, report)
    return [(finding.rule.id, finding.message) for finding in report.findings]


def test_what_is_not_packed_says_nothing() -> None:
    assert packing.read(b"\x7fELF" + bytes(60)) is None
    assert packing.read(b"") is None
    assert _findings(b"\x7fELF") == []


def test_an_xz_stream_tells_its_check_its_filters_and_its_dictionary() -> None:
    found = packing.read(_xz({"id": lzma.FILTER_X86, "start_offset": 64}, check=lzma.CHECK_CRC64))
    assert found == Packing(
        packer=Packer.XZ,
        check=lzma.CHECK_CRC64,
        filters=(Filter(4, struct.pack("<I", 64)), Filter(packing.LZMA2, b"\x10")),
        window=1 << 20,
    )


@pytest.mark.parametrize("size", [4096, 6144, 3 << 20, 64 << 20])
def test_a_dictionarys_size_is_told_in_bytes(size: int) -> None:
    data = lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": size}])
    found = packing.read(data)
    assert found
    assert found.window == size


@pytest.mark.parametrize(
    "data", [_xz()[:7], _xz()[:12], _xz()[:15], b"\x1f\x8b", b"\x28\xb5\x2f\xfd"]
)
def test_a_header_that_is_cut_off_is_read_as_far_as_it_goes(data: bytes) -> None:
    found = packing.read(data)
    assert found
    assert found.filters == ()


@pytest.mark.parametrize(
    ("descriptor", "rest", "window", "dictionary"),
    [
        (0x00, b"\x58", 2 << 20, 0),  # a window of 2^21 bytes
        (0x00, b"\x59", (2 << 20) * 9 // 8, 0),
        (0x01, b"\x58\x07", 2 << 20, 7),
        (0x20, b"\x64", 100, 0),  # one segment: its size is the window
        (0x62, b"\x01\x02\x00\x01", 256 + 256, 0x201),
    ],
)
def test_a_zstd_frame_tells_its_window_and_its_dictionary(
    descriptor: int, rest: bytes, window: int, dictionary: int
) -> None:
    found = packing.read(b"\x28\xb5\x2f\xfd" + bytes([descriptor]) + rest)
    assert found == Packing(packer=Packer.ZSTD, window=window, dictionary=dictionary)


def test_a_kernel_that_unpacks_nothing_minds_no_packing() -> None:
    for data in (lzma.compress(_PLAIN), gzip.compress(_PLAIN)):
        assert _findings(data, unpacks="") == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (lzma.compress(_PLAIN), "integrity check is CRC64"),
        (_xz(check=lzma.CHECK_SHA256), "integrity check is SHA-256"),
        (_xz({"id": lzma.FILTER_DELTA, "dist": 4}), "filter delta"),
        (_xz({"id": lzma.FILTER_X86}, {"id": lzma.FILTER_DELTA, "dist": 4}), "3 filters"),
        (_xz({"id": lzma.FILTER_X86, "start_offset": 64}), "from an offset on"),
        (_xz({"id": lzma.FILTER_ARM}), "filter ARM"),
    ],
)
def test_xz_with_options_that_the_kernel_lacks_is_refused(data: bytes, told: str) -> None:
    ((rule, message),) = _findings(data, XZ_DEC_X86="y")
    assert rule == "packed-options"
    assert told in message


def test_xz_as_the_kernel_packs_its_own_is_not() -> None:
    assert _findings(_xz()) == []
    assert _findings(_xz(check=lzma.CHECK_NONE)) == []
    assert _findings(_xz({"id": lzma.FILTER_X86}), XZ_DEC_X86="y") == []
    assert _findings(_xz({"id": lzma.FILTER_X86})) != []


def test_another_packer_than_the_kernels_is_named_with_it() -> None:
    ((rule, message),) = _findings(b"\x28\xb5\x2f\xfd\x00\x58")
    assert rule == "packed-otherwise"
    assert message == "the file is packed with zstd, and this kernel unpacks xz alone"


@pytest.mark.parametrize(("flag", "refused"), [(0x08, False), (0x04, True), (0x10, True)])
def test_of_gzips_header_the_kernel_skips_a_name_alone(flag: int, refused: bool) -> None:
    data = bytearray(gzip.compress(_PLAIN))
    data[3] = flag
    assert bool(_findings(bytes(data), unpacks="gzip")) == refused


def test_a_zstd_dictionary_and_a_huge_window_are_refused() -> None:
    head = b"\x28\xb5\x2f\xfd"
    assert _findings(head + b"\x01\x58\x07", "zstd")[0][0] == "packed-options"
    assert _findings(head + b"\x00\xb8", "zstd")[0][0] == "packed-options"
    assert _findings(head + b"\x00\x88", "zstd")[0][0] == "packed-large"
    assert _findings(head + b"\x00\x58", "zstd") == []


@pytest.mark.parametrize(
    ("config", "unpacks"),
    [
        ({}, ""),
        ({"MODULE_COMPRESS_XZ": "y"}, ""),
        ({"MODULE_DECOMPRESS": "y", "MODULE_COMPRESS_XZ": "y"}, "xz"),
        ({"MODULE_DECOMPRESS": "y", "MODULE_COMPRESS_ZSTD": "y"}, "zstd"),
        ({"MODULE_DECOMPRESS": "y", "MODULE_COMPRESS_GZIP": "y"}, "gzip"),
    ],
)
def test_a_kernels_configuration_tells_what_it_unpacks(
    config: dict[str, str], unpacks: str
) -> None:
    assert target.unpacks(kernel(**config).config) == unpacks
