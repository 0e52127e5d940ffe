"""One module, packed in many ways: as the kernel's own are, and as it cannot unpack."""

import gzip
import lzma
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

_SMALL = {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}
_X86 = {"id": lzma.FILTER_X86}
_CHAINS: dict[str, Sequence[dict[str, Any]]] = {
    "as the kernel's own": [_SMALL],
    "a small dictionary": [{"id": lzma.FILTER_LZMA2, "dict_size": 4096}],
    "a dictionary of 64 MiB": [{"id": lzma.FILTER_LZMA2, "dict_size": 64 << 20}],
    "the filter for x86": [_X86, _SMALL],
    "that filter from an offset on": [{**_X86, "start_offset": 64}, _SMALL],
    "the filter for ARM": [{"id": lzma.FILTER_ARM}, _SMALL],
    "the filter delta": [{"id": lzma.FILTER_DELTA, "dist": 4}, _SMALL],
    "three filters": [_X86, {"id": lzma.FILTER_DELTA, "dist": 4}, _SMALL],
}
_CHECKS = {
    "none": lzma.CHECK_NONE,
    "CRC32": lzma.CHECK_CRC32,
    "CRC64": lzma.CHECK_CRC64,
    "SHA-256": lzma.CHECK_SHA256,
}


def packed(module: bytes, packer: str) -> Iterator[tuple[str, bytes]]:
    """Give names and files.

    Args:
        module: The module.
        packer: What the kernel unpacks.
    """
    for name, chain in _CHAINS.items():
        yield f"xz: {name}", lzma.compress(module, check=lzma.CHECK_CRC32, filters=chain)
    for name, check in _CHECKS.items():
        yield f"xz: check {name}", lzma.compress(module, check=check, filters=[_SMALL])
    yield "xz: as it is without options", lzma.compress(module)
    if packer == "xz":
        # Whatever lies behind the first stream is not looked at.
        yield "xz: two streams", lzma.compress(module, check=lzma.CHECK_CRC32) * 2
        yield "xz: several blocks", _by("xz", module, "--check=crc32", "--block-size=4096")
    yield "gzip", gzip.compress(module)
    yield "zstd", _by("zstd", module)


def _by(tool: str, module: bytes, *options: str) -> bytes:
    argv = [tool, "-c", *options]
    return subprocess.run(argv, input=module, capture_output=True, check=True).stdout
