"""A part of the cache in one file, to be shipped or served: how it is laid out, and written.

The file is a tar in gzip that any tar lists. Its first member says all that follows, file by file,
with sizes and digests; no time, owner or path of the machine is in it, so that the same entries are
the same bytes. `cache_import` reads it.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from rkmbuild.base import cache, cache_cleaning, files
from rkmbuild.base.errors import StorageError, UsageError

KINDS = ("sysroot", "bindings", "kernel-crate", "sidecar", "rust-toolchain")
"""What takes long to make and holds no path of the cache: whoever has the same toolchain and kernel
at the same places asks for it by the same name."""
MANIFEST = "rkmbuild-cache.json"
# Counts up when an older rkmbuild could not make sense of what a newer one writes.
FORMAT = 1
BLOCK = tarfile.BLOCKSIZE
_HINT = "`rkmbuild build` makes it; `rkmbuild clean --list` shows what the cache has"


class Member(NamedTuple):
    """A file of an entry.

    Attributes:
        path: Where it lies in the entry.
        size: Its bytes.
        executable: Whether it may be run.
        sha256: Of its content, 64 hex digits.
    """

    path: str
    size: int
    executable: bool
    sha256: str


class Packed(NamedTuple):
    """An entry of the cache, as an archive has it.

    Attributes:
        kind: One of `KINDS`.
        name: Its name in the cache: the hash of all that went into it.
        members: Its files, by path.
    """

    kind: str
    name: str
    members: tuple[Member, ...]

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(member.size for member in self.members)

    @property
    def digest(self) -> str:
        """SHA256 of its files, their names and contents, 64 hex digits."""
        return hashlib.sha256(json.dumps(self.members).encode()).hexdigest()

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {"kind": self.kind, "name": self.name, "size": self.size, "digest": self.digest}


class Exported(NamedTuple):
    """What came of an export.

    Attributes:
        file: The archive.
        size: Its bytes.
        sha256: Of all of it, 64 hex digits.
        entries: What is in it.
    """

    file: Path
    size: int
    sha256: str
    entries: tuple[Packed, ...]

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        entries = [entry.document() for entry in self.entries]
        return {
            "file": str(self.file),
            "size": self.size,
            "sha256": self.sha256,
            "entries": entries,
        }


def export(file: Path, wanted: Sequence[str]) -> Exported:
    """Write entries of the cache into an archive, which is there whole or not at all.

    Args:
        file: Where it is to lie; what is there is replaced.
        wanted: Kinds, or single entries as `kind/name`; all that can be shipped if none is named.

    Raises:
        UsageError: what is wanted cannot be shipped, or is not there.
        StorageError: the cache cannot be read, or the archive not written.
    """
    places = _chosen(wanted or KINDS)
    try:
        entries = tuple(_described(place) for place in places)
        with cache.writing(file), files.replacing(file) as draft:
            with draft.open("xb") as raw, _compressed(raw) as out:
                _write(out, places, entries)
            size, digest = draft.stat().st_size, files.sha256(draft)
    except FileNotFoundError as error:
        raise StorageError(f"{error.filename} was removed while it was read") from None
    return Exported(file, size, digest, entries)


def text_of(entries: Iterable[Packed]) -> bytes:
    """Return the first member of an archive with these entries."""
    document = {
        "format": FORMAT,
        "entries": [
            {"kind": e.kind, "name": e.name, "files": [m._asdict() for m in e.members]}
            for e in entries
        ],
    }
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def header(name: str, size: int, *, executable: bool = False) -> bytes:
    """Return the block that stands before a member.

    Raises:
        ValueError: the name is longer than the format takes.
    """
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o755 if executable else 0o644
    return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def padding(size: int) -> bytes:
    """Return what stands behind a member of that size."""
    return bytes(-size % BLOCK)


def header_of(entry: Packed, member: Member) -> bytes:
    """Return the block that stands before a file of an entry.

    Raises:
        ValueError: its name is longer than the format takes.
    """
    name = f"{entry.kind}/{entry.name}/{member.path}"
    return header(name, member.size, executable=member.executable)


def _chosen(wanted: Sequence[str]) -> list[Path]:
    """Return the folders of the entries that are wanted, by kind and name."""
    there = list(cache_cleaning.entries())
    chosen: set[Path] = set()
    for word in wanted:
        kind, _, name = word.partition("/")
        if kind not in KINDS:
            raise UsageError(
                f"{kind!r} is nothing of the cache that can be shipped: {', '.join(KINDS)} are",
                hint="all else is made in moments, or holds paths and times of this machine; "
                "kernels are shipped as their packages: rkmbuild kernel fetch --from DIR",
            )
        found = {p for p in there if p.parent.name == kind and name in ("", p.name)}
        if name and not found:
            raise UsageError(f"the cache has no {word}", hint=_HINT)
        chosen |= found
        chosen |= {need for place in found for need in cache.needs(place) if need in there}
    if not chosen:
        raise UsageError(f"the cache has nothing of {', '.join(wanted)}", hint=_HINT)
    return sorted(place for place in chosen if cache.note_use(place))


def _described(place: Path) -> Packed:
    members = []
    for folder, _, names in os.walk(place):
        for name in names:
            file = Path(folder, name)
            path = file.relative_to(place).as_posix()
            if path in cache.MARKS:
                continue
            status = file.stat()
            executable = bool(status.st_mode & 0o100)
            members.append(Member(path, status.st_size, executable, files.sha256(file)))
    return Packed(place.parent.name, place.name, tuple(sorted(members)))


def _compressed(raw: IO[bytes]) -> gzip.GzipFile:
    return gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6)


def _write(out: gzip.GzipFile, places: Sequence[Path], entries: Sequence[Packed]) -> None:
    def put(block: bytes, content: IO[bytes], size: int) -> None:
        out.write(block)
        shutil.copyfileobj(content, out, 1 << 20)
        out.write(padding(size))

    text = text_of(entries)
    put(header(MANIFEST, len(text)), io.BytesIO(text), len(text))
    for place, entry in zip(places, entries, strict=True):
        for member in entry.members:
            with (place / member.path).open("rb") as content:
                put(header_of(entry, member), content, member.size)
    out.write(bytes(2 * BLOCK))
