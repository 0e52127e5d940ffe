"""Which crates for procedural macros are taken from an earlier build."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base import cache, paths
from rkmbuild.kernel.tree import KernelVersion
from rkmbuild.pipeline.api.upstream import host_crates
from rkmbuild.pipeline.api.upstream.source import Source
from rkmbuild.toolchain.parts import Rust, Version

_COMMAND = "savedcmd_rust/host/libsyn.rlib := rustc --crate-name syn\n"
_TIME = 1_790_000_000_123_456_789

pytestmark = pytest.mark.usefixtures("empty_cache")


def _source(folder: Path) -> Source:
    return Source(folder, KernelVersion(7, 3, 4), "7.3.4-1", "7.3.4-1 0123456789abcdef")


@pytest.fixture
def source() -> Source:
    return _source(paths.cache_dir() / "kernel-source/7.3.4/linux")


@pytest.fixture
def rust(tmp_path: Path) -> Rust:
    return Rust(
        rustc=tmp_path / "rustc",
        cargo=tmp_path / "cargo",
        version=Version(1, 85, 1),
        verbose="rustc 1.85.1 (4eb161250 2025-03-15)\n",
        host="x86_64-unknown-linux-gnu",
        sysroot=tmp_path,
        library=tmp_path,
        vendored=False,
        origin="packages:trixie",
    )


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """An objtree with what a build leaves."""
    host = tmp_path / "built/rust/host"
    host.mkdir(parents=True)
    (host / "libsyn.rlib").write_bytes(b"syn")
    (host / ".libsyn.rlib.cmd").write_text(_COMMAND)
    for file in host.iterdir():
        os.utime(file, ns=(_TIME, _TIME))
    return tmp_path / "built"


def test_they_come_with_their_commands_and_times(
    tmp_path: Path, built: Path, source: Source, rust: Rust
) -> None:
    assert not host_crates.put(tmp_path / "before", source, rust)
    host_crates.keep(built, source, rust)
    assert host_crates.put(tmp_path / "after", source, rust)
    there = sorted((tmp_path / "after/rust/host").iterdir())
    assert [file.name for file in there] == [".libsyn.rlib.cmd", "libsyn.rlib"]
    assert there[0].read_text() == _COMMAND
    assert {file.stat().st_mtime_ns for file in there} == {_TIME}
    assert host_crates.put(tmp_path / "after", source, rust), "a second make has them already"


def test_another_source_and_another_rustc_have_others(
    tmp_path: Path, built: Path, source: Source, rust: Rust
) -> None:
    host_crates.keep(built, source, rust)
    other = source._replace(name="7.3.4-1 fedcba9876543210")
    assert not host_crates.put(tmp_path / "other", other, rust)
    newer = replace(rust, verbose="rustc 1.85.1 (4eb161250 2025-03-15) (another)\n")
    assert not host_crates.put(tmp_path / "other", source, newer)


def test_what_was_made_of_a_copy_is_not_kept(tmp_path: Path, built: Path, rust: Rust) -> None:
    copied = _source(paths.cache_dir() / cache.UNFINISHED / "1-2" / "linux")
    host_crates.keep(built, copied, rust)
    assert not host_crates.put(tmp_path / "after", copied, rust)


def test_a_source_without_such_crates_leaves_nothing(
    tmp_path: Path, source: Source, rust: Rust
) -> None:
    host_crates.keep(tmp_path, source, rust)
    assert not host_crates.put(tmp_path / "after", source, rust)
