"""`rkmbuild cache`: what was exported arrives as it was, and nothing else does."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from rkmbuild.base import cache, cache_archive, cache_import
from rkmbuild.base.errors import ArchiveError, RkmbuildError, StorageError, UsageError
from rkmbuild.cli import app

_NAME, _OTHER = "0123456789abcdef", "fedcba9876543210"
_LIBRARY = b"library" * 5000
Change = Callable[[list[tarfile.TarInfo], list[bytes]], None]


def _fill(kind: str, name: str, **contents: bytes) -> None:
    def make(folder: Path) -> None:
        (folder / "lib").mkdir()
        for file, content in contents.items():
            (folder / "lib" / file).write_bytes(content)
            (folder / "lib" / file).chmod(0o755 if file == "macros" else 0o600)
        (folder / "cfgs").write_text("--cfg=CONFIG_SMP\n")

    cache.entry(kind, name, make)


@pytest.fixture
def archive(empty_cache: Path, tmp_path: Path) -> Path:
    """An archive of a cache that is then empty."""
    _fill("sysroot", _NAME, core=_LIBRARY)
    _fill("kernel-crate", _OTHER, kernel=b"crate", macros=b"loaded")
    file = tmp_path / "cache.tar.gz"
    cache_archive.export(file, ())
    empty_cache.rename(tmp_path / "exported")
    return file


def _files(root: Path) -> dict[str, tuple[bytes, int]]:
    found = (file for file in root.rglob("*") if file.is_file() and file.name not in cache.MARKS)
    return {
        str(file.relative_to(root)): (file.read_bytes(), file.stat().st_mode & 0o111)
        for file in found
        if file.relative_to(root).parts[0] in cache_archive.KINDS
    }


def test_entries_arrive_as_they_were(archive: Path, empty_cache: Path, tmp_path: Path) -> None:
    done = cache_import.take(archive)
    assert [(each.entry.kind, each.present) for each in done] == [
        ("kernel-crate", False), ("sysroot", False),
    ]  # fmt: skip
    assert _files(empty_cache) == _files(tmp_path / "exported")
    assert cache.find("sysroot", _NAME)
    assert [each.present for each in cache_import.take(archive)] == [True, True]
    assert not list((empty_cache / "tmp").iterdir())


def test_the_same_entries_are_the_same_bytes(
    archive: Path, empty_cache: Path, tmp_path: Path
) -> None:
    cache_import.take(archive)
    os.utime((empty_cache / "sysroot" / _NAME) / "cfgs", (1, 1))
    again = cache_archive.export(tmp_path / "again", ())
    assert again.file.read_bytes() == archive.read_bytes()
    assert again.sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert str(tmp_path).encode() not in gzip.decompress(archive.read_bytes())


def test_any_tar_lists_it(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        assert tar.getnames() == [
            "rkmbuild-cache.json", f"kernel-crate/{_OTHER}/cfgs",
            f"kernel-crate/{_OTHER}/lib/kernel", f"kernel-crate/{_OTHER}/lib/macros",
            f"sysroot/{_NAME}/cfgs", f"sysroot/{_NAME}/lib/core",
        ]  # fmt: skip


def test_only_what_is_wanted_is_exported(archive: Path, tmp_path: Path) -> None:
    cache_import.take(archive)
    cache.entry("overlay", _NAME, lambda _: None)
    for wanted, kinds in (
        (["sysroot"], ["sysroot"]), ([f"kernel-crate/{_OTHER}"], ["kernel-crate"]),
    ):  # fmt: skip
        done = cache_archive.export(tmp_path / "some", wanted)
        assert [entry.kind for entry in done.entries] == kinds
    for wrong, why in (
        ("overlay", "can be shipped"), ("bindings", "nothing of bindings"),
        (f"sysroot/{_OTHER}", f"no sysroot/{_OTHER}"), ("kernel", "can be shipped"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=why):
            cache_archive.export(tmp_path / "none", [wrong])
    assert not (tmp_path / "none").exists()


def test_what_an_entry_needs_goes_along(empty_cache: Path, tmp_path: Path) -> None:
    def sidecar(folder: Path) -> None:
        (folder / "core.rmeta").write_bytes(b"core")
        cache.note_need(folder, "rust-toolchain", _OTHER)
        cache.note_need(folder, "rust-toolchain", _NAME)

    _fill("rust-toolchain", _OTHER, rustc=b"rustc")
    _fill("sysroot", _NAME, core=_LIBRARY)
    place = cache.entry("sidecar", _NAME, sidecar)
    assert cache.needs(place)[0] == empty_cache / "rust-toolchain" / _OTHER
    # The one that is gone is none that could be taken.
    done = cache_archive.export(tmp_path / "some", [f"sidecar/{_NAME}"])
    assert [entry.kind for entry in done.entries] == ["rust-toolchain", "sidecar"]


def _changed(archive: Path, change: Change) -> Path:
    """Write an archive with other members, as another tool would."""
    with tarfile.open(archive) as tar:
        infos = tar.getmembers()
        contents = [file.read() if (file := tar.extractfile(info)) else b"" for info in infos]
    change(infos, contents)
    made = archive.with_name("changed")
    with tarfile.open(made, "w:gz", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in zip(infos, contents, strict=True):
            tar.addfile(info, io.BytesIO(content))
    return made


def _manifest(change: Callable[[dict[str, Any]], object]) -> Change:
    def apply(infos: list[tarfile.TarInfo], contents: list[bytes]) -> None:
        document = json.loads(contents[0])
        change(document)
        contents[0] = json.dumps(document).encode()
        infos[0].size = len(contents[0])

    return apply


def _member(**values: object) -> Change:
    """Change what the last member is said to be, in its own header alone."""

    def apply(infos: list[tarfile.TarInfo], contents: list[bytes]) -> None:
        for name, value in values.items():
            setattr(infos[-1], name, value)
        contents[-1] = contents[-1][: infos[-1].size]

    return apply


def _renamed(path: object) -> Change:
    """Name the last file otherwise, where it is announced and, if that can be, where it stands."""

    def apply(infos: list[tarfile.TarInfo], contents: list[bytes]) -> None:
        _manifest(lambda d: d["entries"][1]["files"][1].update(path=path))(infos, contents)
        if str(path).isascii() and len(str(path)) < tarfile.LENGTH_NAME:
            infos[-1].name = f"sysroot/{_NAME}/{path}"

    return apply


def _other_content(_: list[tarfile.TarInfo], contents: list[bytes]) -> None:
    contents[-1] = b"X" + contents[-1][1:]


def _deep(_: list[tarfile.TarInfo], contents: list[bytes]) -> None:
    contents[0] = b"[" * len(contents[0])


def _twice(document: dict[str, Any]) -> None:
    document["entries"].append(document["entries"][0])


def _other_type(kind: bytes) -> Change:
    return _member(type=kind, linkname="/etc/shadow", size=0)


def _one_more(infos: list[tarfile.TarInfo], contents: list[bytes]) -> None:
    infos.append(infos[-1])
    contents.append(contents[-1])


def _of_first(**values: object) -> Change:
    return _manifest(lambda d: d["entries"][1].update(values))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(_other_content, "is not what was exported", id="tampered"),
        pytest.param(_one_more, "something follows", id="one more file"),
        pytest.param(lambda i, c: (i.pop(), c.pop()), "does not follow", id="one file less"),
        pytest.param(_other_type(tarfile.SYMTYPE), "does not", id="link"),
        pytest.param(_other_type(tarfile.LNKTYPE), "does not", id="hard link"),
        pytest.param(_other_type(tarfile.CHRTYPE), "does not", id="device"),
        pytest.param(_other_type(tarfile.DIRTYPE), "does not", id="folder"),
        pytest.param(_member(mode=0o4755), "does not follow", id="setuid"),
        pytest.param(_member(name="/etc/passwd"), "does not follow", id="other name"),
        pytest.param(_renamed("../../../x"), "which no export writes", id="dots"),
        pytest.param(_renamed("lib/.."), "which no export writes", id="dots at the end"),
        pytest.param(_renamed("/tmp/x"), "which no export writes", id="absolute"),  # noqa: S108
        pytest.param(_renamed("lib//x"), "which no export writes", id="empty part"),
        pytest.param(_renamed("lib/"), "which no export writes", id="ends in a slash"),
        pytest.param(_renamed(".done"), "which no export writes", id="mark"),
        pytest.param(_renamed("a\ud800"), "which no export writes", id="no Unicode"),
        pytest.param(_renamed(7), "cannot be read", id="no name"),
        pytest.param(_renamed("cfgs"), "two files for one place", id="twice"),
        pytest.param(_renamed("cfgs/x"), "two files for one place", id="file as a folder"),
        pytest.param(_renamed("x" * 200), "too long", id="long name"),
        pytest.param(_of_first(kind="locks"), "none of sysroot", id="foreign kind"),
        pytest.param(_of_first(kind=["sysroot"]), "none of|cannot be read", id="kind is no word"),
        pytest.param(_of_first(name=".."), "none of sysroot", id="foreign name"),
        pytest.param(_of_first(files=[{"path": "x"}]), "cannot be read", id="half a file"),
        pytest.param(_of_first(files=7), "cannot be read", id="no files"),
        pytest.param(_manifest(_twice), "twice", id="entry twice"),
        pytest.param(_manifest(lambda d: d.update(format=2)), "has format 2", id="newer"),
        pytest.param(_manifest(lambda d: d.clear()), "cannot be read", id="empty manifest"),
        pytest.param(_deep, "cannot be read", id="deep"),
        pytest.param(lambda i, c: (i.pop(0), c.pop(0)), "does not begin", id="without manifest"),
        pytest.param(lambda i, c: (i.clear(), c.clear()), "begin", id="empty"),
        pytest.param(
            _manifest(lambda d: d["entries"][1]["files"][1].update(size=1 << 40)),
            "no archive of `rkmbuild cache export` does", id="bomb",
        ),
    ],
)  # fmt: skip
def test_what_no_export_writes_is_refused(
    archive: Path, empty_cache: Path, tmp_path: Path, change: Change, why: str
) -> None:
    made = _changed(archive, change)
    with pytest.raises(ArchiveError, match=why) as refused:
        cache_import.take(made)
    assert str(made) in refused.value.message
    assert _nothing_is_there(empty_cache)
    assert not (tmp_path / "x").exists()


def _nothing_is_there(root: Path) -> bool:
    left = {each.name for each in root.iterdir()} if root.is_dir() else set()
    unfinished = root / cache.UNFINISHED
    return left <= {cache.TAG, cache.UNFINISHED, cache.LOCKS} and not (
        unfinished.is_dir() and any(unfinished.iterdir())
    )


def test_a_truncated_or_damaged_archive_is_refused_wherever_that_is(
    archive: Path, empty_cache: Path
) -> None:
    whole = archive.read_bytes()
    made = archive.with_name("made")
    for length in range(0, len(whole), 41):
        made.write_bytes(whole[:length])
        with pytest.raises(ArchiveError):
            cache_import.take(made)
    for at in range(10, len(whole), 41):
        made.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with pytest.raises(ArchiveError):
            cache_import.take(made)
    made.write_bytes(whole + b"more")
    with pytest.raises(ArchiveError):
        cache_import.take(made)
    assert _nothing_is_there(empty_cache)


def test_what_is_no_archive_is_refused(empty_cache: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_text("#!/bin/sh\n")
    for file in (foreign, tmp_path, tmp_path / "none", Path("/dev/null")):
        with pytest.raises(ArchiveError):
            cache_import.take(file)
    assert _nothing_is_there(empty_cache)


def test_another_archive_than_the_one_asked_for_is_refused(
    archive: Path, empty_cache: Path
) -> None:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    with pytest.raises(ArchiveError, match=f"its SHA256 is {digest}"):
        cache_import.take(archive, "0" * 64)
    assert not empty_cache.exists()
    assert cache_import.take(archive, digest.upper())


def test_an_archive_without_room_for_it_is_refused(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(StorageError, match="needs 0 MB"):
        cache_import.take(archive)


def test_the_commands_say_what_they_did(archive: Path, tmp_path: Path) -> None:
    def run(*words: str | Path, code: int = 0) -> Any:
        done = CliRunner().invoke(app, ["cache", *map(str, words), "--json"])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    taken = run("import", archive)
    again = run("export", tmp_path / "again")
    assert {each["kind"] for each in taken["entries"]} == {"sysroot", "kernel-crate"}
    assert [each | {"present": False} for each in again["entries"]] == taken["entries"]
    assert run("import", archive, "--sha256", again["sha256"])["entries"][0]["present"] is True
    for words, code, kind in (
        (("import", tmp_path), 9, "archive"),
        (("import", archive, "--sha256", "0" * 63), 2, "usage"),
        (("export", tmp_path / "no" / "file"), 7, "storage"),
        (("export", archive, "--what", "kernel"), 2, "usage"),
    ):
        error = _failure(words)
        assert (error["exit_code"], error["kind"]) == (code, kind)


def _failure(words: tuple[str | Path, ...]) -> Any:
    done = CliRunner().invoke(app, ["cache", *map(str, words)])
    assert isinstance(done.exception, RkmbuildError), done.output
    return done.exception.document()
