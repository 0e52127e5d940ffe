"""Takes an archive of `cache_archive` into the cache: all of it or nothing, and nothing unverified.

The first member says what follows, so nothing else is taken: a block that is not the one we would
have written there ends it. Links, devices, absolute paths and long headers have no place in that.
"""

import contextlib
import gzip
import hashlib
import json
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild.base import cache, files, paths
from rkmbuild.base.cache_archive import (
    BLOCK,
    FORMAT,
    KINDS,
    MANIFEST,
    Member,
    Packed,
    header,
    header_of,
    padding,
)
from rkmbuild.base.errors import ArchiveError, StorageError

_NAME = re.compile(r"[0-9a-f]{16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PATH = re.compile(r"(?:(?!\.{1,2}(?:/|$))[A-Za-z0-9._+-]+(?:/(?!$)|$))+")
# What says what follows takes 200 bytes a file.
_MOST_OF_MANIFEST = 16 << 20
# Libraries and bindings shrink to a fifth or a tenth. Zeros shrink to a thousandth.
_MOST_UNPACKED = 100
_AT_ONCE = 1 << 20


class Imported(NamedTuple):
    """An entry of an archive, in the cache.

    Attributes:
        entry: The entry.
        present: Whether the cache had it already; that one stayed.
    """

    entry: Packed
    present: bool

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {**self.entry.document(), "present": self.present}


def take(file: Path, sha256: str | None = None) -> tuple[Imported, ...]:
    """Put the entries of an archive into the cache, once all of them are found to be whole.

    What an entry's digest vouches for is that it arrived as it was exported. Who exported it, only
    the digest of the archive can tell: its libraries become part of modules, and rustc loads some.

    Args:
        file: The archive.
        sha256: What the digest of the archive has to be, if that is known.

    Raises:
        ArchiveError: it is none, it is damaged, or it holds what no export writes.
        StorageError: the cache cannot be written.
    """
    if not files.is_file(file):
        raise ArchiveError(f"there is no file {file}")
    try:
        if sha256 and files.sha256(file) != sha256.lower():
            raise ArchiveError(
                f"{file} is not the archive that was asked for: its SHA256 is {files.sha256(file)}",
                hint="fetch it again, or ask for this one if it is meant",
            )
        archive = gzip.open(file, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise ArchiveError(f"cannot read {file}: {error.strerror}") from None
    with archive, cache.writing(paths.cache_dir()), cache.temporary() as folder:
        with _read(file):
            entries = _manifest(archive)
        _check_space(file, entries)
        with _read(file):
            for entry in entries:
                _unpack(archive, entry, folder / entry.kind / entry.name)
            if archive.read(2 * BLOCK) != bytes(2 * BLOCK) or archive.read(1):
                raise ValueError("something follows its last file")
        return tuple(_publish(entry, folder / entry.kind / entry.name) for entry in entries)


@contextlib.contextmanager
def _read(file: Path) -> Iterator[None]:
    """Turn what is wrong with an archive into an ArchiveError."""
    what = "is no archive of `rkmbuild cache export`"
    try:
        yield
    except (EOFError, zlib.error):
        raise ArchiveError(
            f"{file} is damaged: it ends before its end, or was changed on its way",
            hint="fetch or export it again; nothing of it was taken",
        ) from None
    except gzip.BadGzipFile:
        raise ArchiveError(f"{file} {what}", hint="nothing of it was taken") from None
    except ValueError as error:
        raise ArchiveError(f"{file} {what}: {error}", hint="nothing of it was taken") from None


def _exactly(archive: gzip.GzipFile, size: int) -> bytes:
    data = archive.read(size)
    if len(data) != size:
        raise EOFError
    return data


def _manifest(archive: gzip.GzipFile) -> tuple[Packed, ...]:
    """Read the first member.

    Raises:
        ValueError: it is not what an export writes.
    """
    block = _exactly(archive, BLOCK)
    try:
        size = tarfile.TarInfo.frombuf(block, "ascii", "strict").size
    except tarfile.HeaderError:
        raise ValueError("it does not begin as one") from None
    if not 0 <= size <= _MOST_OF_MANIFEST or block != header(MANIFEST, size):
        raise ValueError(f"it does not begin with {MANIFEST}")
    text = _exactly(archive, size)
    if _exactly(archive, len(padding(size))) != padding(size):
        raise ValueError(f"{MANIFEST} is longer than it says")
    try:
        document = json.loads(text)
        number = document["format"]
        if number != FORMAT:
            raise ValueError(f"it has format {number!r}, and this rkmbuild reads {FORMAT}")
        entries = tuple(map(_entry, document["entries"]))
    except (KeyError, TypeError, RecursionError, UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError(f"its {MANIFEST} cannot be read") from None
    names = [(entry.kind, entry.name) for entry in entries]
    if len(set(names)) != len(names):
        raise ValueError("it has an entry twice")
    return entries


def _entry(document: dict[str, Any]) -> Packed:
    kind, name = document["kind"], document["name"]
    if kind not in KINDS or not _NAME.fullmatch(name):
        raise ValueError(f"it holds {kind}/{name}, which is none of {', '.join(KINDS)}")
    members = tuple(Member(**file) for file in document["files"])
    for path, size, executable, sha256 in members:
        fine = _PATH.fullmatch(path) and path not in cache.MARKS and _SHA256.fullmatch(sha256)
        if not (fine and type(size) is int and size >= 0 and type(executable) is bool):
            raise ValueError(f"it holds a file {path!r} of {size!r} bytes, which no export writes")
    listed = [member.path for member in members]
    folders = {str(folder) for path in listed for folder in Path(path).parents}
    if len(set(listed)) != len(listed) or folders & set(listed):
        raise ValueError(f"it has two files for one place in {kind}/{name}")
    return Packed(kind, name, members)


def _check_space(file: Path, entries: tuple[Packed, ...]) -> None:
    """Refuse an archive that says it is larger than it can be, or than there is room for."""
    size, packed = sum(entry.size for entry in entries), file.stat().st_size
    if size > _MOST_UNPACKED * packed:
        raise ArchiveError(
            f"{file} says that its {packed / 1e6:.1f} MB become {size / 1e6:.0f} MB, "
            "which no archive of `rkmbuild cache export` does",
            hint="nothing of it was taken",
        )
    free = shutil.disk_usage(paths.cache_dir()).free
    if size > free:
        raise StorageError(
            f"{file} needs {size / 1e6:.0f} MB, and {paths.cache_dir()} has {free / 1e6:.0f} MB",
            hint="`rkmbuild clean --older-than DAYS` makes room; RKMBUILD_CACHE_DIR moves it",
        )


def _unpack(archive: gzip.GzipFile, entry: Packed, folder: Path) -> None:
    """Write the files of an entry into a folder that is not there yet.

    Raises:
        ValueError: they are not those that the archive announced.
    """
    for member in entry.members:
        what = f"{entry.kind}/{entry.name}/{member.path}"
        if _exactly(archive, BLOCK) != header_of(entry, member):
            raise ValueError(f"{what} does not follow where it is announced")
        place = folder / member.path
        place.parent.mkdir(parents=True, exist_ok=True)
        digest, left = hashlib.sha256(), member.size
        with place.open("xb") as out:
            while left:
                data = _exactly(archive, min(left, _AT_ONCE))
                digest.update(data)
                out.write(data)
                left -= len(data)
        if _exactly(archive, len(padding(member.size))) != padding(member.size):
            raise ValueError(f"{what} is longer than it says")
        if digest.hexdigest() != member.sha256:
            raise ValueError(f"{what} is not what was exported: its SHA256 differs")
        place.chmod(0o755 if member.executable else 0o644)


def _publish(entry: Packed, unpacked: Path) -> Imported:
    if cache.find(entry.kind, entry.name):
        return Imported(entry, present=True)

    def make(folder: Path) -> None:
        for each in unpacked.iterdir():
            each.rename(folder / each.name)

    cache.entry(entry.kind, entry.name, make)
    return Imported(entry, present=False)
