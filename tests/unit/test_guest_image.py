"""Which file a guest's kernel is booted from."""

import bz2
import lzma
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.arch import architectures
from rkmbuild.arch.arch import Arch
from rkmbuild.base import process
from rkmbuild.base.errors import ToolchainError
from rkmbuild.guest import image

_X86 = architectures.find("x86_64")
assert _X86
_GUEST = _X86.guest
_GZIP = zlib.compressobj(wbits=31)
_SETUP_SECTORS = 3


def _kernel(*notes: tuple[bytes, int]) -> bytes:
    """An ELF file with one segment of notes."""
    text = b"".join(
        struct.pack("<III", len(name), 4, kind) + name.ljust(-len(name) % 4 + len(name), b"\0")
        + b"desc"
        for name, kind in notes
    )  # fmt: skip
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQ", 2, 62, 1, 0, 64, 0)
    head += struct.pack("<IHHHHHH", 0, 64, 56, 1, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(text), len(text), 4) + text


_PVH = _kernel((b"GNU\0", 3), (b"Linux\0", 18), (b"Xen\0", 18))


def _image(packed: bytes, *, version: bytes = b"HdrS") -> bytes:
    """An image as arch/x86/boot/Makefile puts it together, with nothing but what is packed."""
    data = bytearray((_SETUP_SECTORS + 1) * 512)
    data[0x1F1] = _SETUP_SECTORS
    data[0x202:0x206] = version
    struct.pack_into("<II", data, 0x248, 16, len(packed))
    return bytes(data) + b"unpacking code.." + packed + b"the rest"


def _sized(packed: bytes) -> bytes:
    return packed + struct.pack("<I", len(_PVH))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "vmlinuz"


@pytest.mark.parametrize(
    "packed",
    [
        zlib.compress(_PVH, wbits=31),
        _sized(lzma.compress(_PVH, check=lzma.CHECK_CRC32)),
        _sized(lzma.compress(_PVH, format=lzma.FORMAT_ALONE)),
        _sized(bz2.compress(_PVH)),
    ],
    ids=["gzip", "xz", "lzma", "bzip2"],
)
def test_a_kernel_is_unpacked_once(packed: bytes, place: Path) -> None:
    place.write_bytes(_image(packed))
    found = image.unpacked(place, _GUEST)
    assert found
    assert found.read_bytes() == _PVH
    assert [file.name for file in found.parent.iterdir() if not file.name.startswith(".")] == [
        found.name
    ]
    made = found.stat().st_ino
    assert image.unpacked(place, _GUEST) == found
    assert found.stat().st_ino == made


@pytest.mark.parametrize(
    "data",
    [
        _image(zlib.compress(_kernel((b"GNU\0", 18), (b"Xen\0", 3)), wbits=31)),
        _image(zlib.compress(b"\x7fELF\x01\x01 of 32 bits", wbits=31)),
        _image(zlib.compress(_PVH[:60], wbits=31)),
        _image(zlib.compress(_PVH, wbits=31)[:-20]),
        _image(_sized(b"\x89LZO packed")),
        _image(zlib.compress(_PVH, wbits=31), version=b"Rdrs"),
        _image(zlib.compress(_PVH, wbits=31))[:-40],
        _image(b""),
        b"MZ",
    ],
    ids=["no note", "32 bits", "cut kernel", "damaged", "lzo", "no header", "cut", "empty", "tiny"],
)
def test_what_cannot_start_unpacked_is_booted_as_it_is(data: bytes, place: Path) -> None:
    place.write_bytes(data)
    assert image.unpacked(place, _GUEST) is None


def test_another_image_in_the_same_place_is_another_kernel(place: Path) -> None:
    place.write_bytes(_image(zlib.compress(_PVH, wbits=31)))
    first = image.unpacked(place, _GUEST)
    other = _kernel((b"Xen\0", 18), (b"GNU\0", 3))
    place.write_bytes(_image(_sized(bz2.compress(other))))
    second = image.unpacked(place, _GUEST)
    assert second
    assert second != first
    assert second.read_bytes() == other


def test_without_the_tool_that_unpacks_it_an_image_is_booted_as_it_is(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ToolchainError("zstd was not found")

    place.write_bytes(_image(_sized(b"\x28\xb5\x2f\xfd packed")))
    monkeypatch.setattr(process, "run", missing)
    assert image.unpacked(place, _GUEST) is None

    def there(argv: list[str], **_: object) -> None:
        Path(argv[-1]).write_bytes(_PVH)

    # It may be installed at any time.
    monkeypatch.setattr(process, "run", there)
    assert image.unpacked(place, _GUEST)


def test_without_a_cache_an_image_is_booted_as_it_is(place: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    place.write_bytes(_image(zlib.compress(_PVH, wbits=31)))
    assert image.unpacked(place, _GUEST) is None


@pytest.mark.parametrize("arch", architectures.ALL, ids=lambda arch: arch.name)
def test_an_architecture_may_start_no_unpacked_kernels(arch: Arch, place: Path) -> None:
    place.write_bytes(_image(zlib.compress(_PVH, wbits=31)))
    guest = arch.guest if arch.guest.payload is None else replace(arch.guest, payload=None)
    assert image.unpacked(place, guest) is None
