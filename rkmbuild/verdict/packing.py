"""Whether a kernel that unpacks modules itself can unpack this file.

With CONFIG_MODULE_DECOMPRESS, modprobe hands such a file to the kernel as it is
(finit_module with MODULE_INIT_COMPRESSED_FILE; kmod from 31 on). Without it, whoever loads the
module unpacks it first.
"""

from rkmbuild.arch import xz_filters
from rkmbuild.ko import packing
from rkmbuild.ko.packing import Packer, Packing
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import notes, permission
from rkmbuild.verdict.target import Target

_CHECKS = {0: "none", 1: "CRC32", 4: "CRC64", 10: "SHA-256"}
_DELTA = 3
# FHCRC, FEXTRA, FCOMMENT: module_gzip_header_len knows of a name alone.
_UNKNOWN_TO_GZIP = 0x02 | 0x04 | 0x10
# The kernel's own modules need 1 or 2 MiB (scripts/Makefile.modinst).
_MUCH = 8 << 20


def check(packed: Packing | None, target: Target, report: FindingList) -> None:
    """Apply module_decompress (kernel/module/decompress.c)."""
    if not packed or not target.unpacks:
        return
    packer = Packer(target.unpacks)
    if packed.packer is not packer:
        report.add(
            permission.PACKED_OTHERWISE,
            f"the file is packed with {packed.packer}, and this kernel unpacks {packer} alone",
            way_out=f"pack it with {packer}, or not at all; or load it by a modprobe that unpacks "
            f"{packed.packer} itself",
            log=f"not a{'n' if packer is Packer.XZ else ''} {packer} compressed module",
        )
        return
    why, log = {Packer.GZIP: _gzip, Packer.XZ: _xz, Packer.ZSTD: _zstd}[packer](packed, target)
    if why:
        report.add(permission.PACKED_OPTIONS, why, log=log)
    elif packed.window >= _MUCH:
        report.add(
            notes.PACKED_LARGE,
            f"the kernel takes {packed.window >> 20} MiB of its memory while it unpacks the file",
        )


def _gzip(packed: Packing, _target: Target) -> tuple[str, str]:
    if packed.flags & _UNKNOWN_TO_GZIP:
        return "gzip's header has more than a name, which the kernel does not skip", ""
    return "", ""


def _xz(packed: Packing, target: Target) -> tuple[str, str]:
    # XZ_OPTIONS_ERROR (include/linux/xz.h)
    options = "decompression failed with status 6"
    if packed.check > 1:
        name = _CHECKS.get(packed.check, f"number {packed.check}")
        return f"xz's integrity check is {name}, and the kernel knows CRC32 and none", options
    before, last = packed.filters[:-1], packed.filters[-1:]
    if len(before) > 1 or (last and last[0].id != packing.LZMA2):
        count = len(packed.filters)
        return f"xz used {count} filters, and the kernel knows LZMA2 and one before it", options
    for each in before:
        unknown = ("delta" if each.id == _DELTA else f"number {each.id}", "")
        name, option = xz_filters.FILTERS.get(each.id, unknown)
        if not option or not target.config.on(option):
            return f"xz used the filter {name}, which this kernel does not have", options
        if each.properties:
            return f"xz used the filter {name} from an offset on, which the kernel cannot", options
    return "", ""


def _zstd(packed: Packing, _target: Target) -> tuple[str, str]:
    if packed.dictionary:
        return "zstd used a dictionary, which the kernel does not have", "ZSTD-decompression failed"
    if packed.window > 1 << 31:  # ZSTD_WINDOWLOG_MAX (lib/zstd, on 64-bit machines)
        return "zstd's window is larger than 2 GiB", "ZSTD-compressed data has"
    return "", ""
