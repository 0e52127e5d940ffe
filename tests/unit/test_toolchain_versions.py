"""Versions, as programs and the names of files tell them."""

from pathlib import Path

import pytest

from rkmbuild.toolchain import bindgen_places, cc, rust, versions
from rkmbuild.toolchain.parts import Version

RECORDED = Path(__file__).parent.parent / "data" / "toolchain"


def test_the_version_of_a_gnu_tool_is_not_that_of_its_package() -> None:
    assert versions.after_package("GNU ld (GNU Binutils for Debian) 2.40") == Version(2, 40)
    assert versions.after_package("gcc (GCC) 14.2.1 20240912 (Red Hat 14.2.1-3)") == Version(
        14, 2, 1
    )


def test_a_text_without_a_number_has_no_version() -> None:
    assert versions.first("no such thing") is None
    assert versions.after_package("gcc (Debian 12.2.0) none") is None


def test_versions_compare_by_number_and_not_by_letter() -> None:
    assert Version(1, 100) > Version(1, 96, 1) > Version(1, 96) > Version(1, 9)


@pytest.mark.parametrize(
    ("recorded", "kind", "version"),
    [
        ("gcc-12", "gcc", Version(12, 2, 0)),
        ("clang-14", "clang", Version(14, 0, 6)),
        ("clang-19", "clang", Version(19, 1, 7)),
    ],
)
def test_a_compiler_is_known_by_what_it_prints(recorded: str, kind: str, version: Version) -> None:
    text = (RECORDED / f"{recorded}.txt").read_text()
    assert cc.read_version(text) == (kind, version)


def test_what_is_no_compiler_is_not_taken_for_one() -> None:
    assert cc.read_version("GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu\n") is None


@pytest.mark.parametrize(
    ("recorded", "release"),
    [
        ("rustc-1.96.0", "1.96.0"),
        ("rustc-1.63.0", "1.63.0"),
        ("rustc-nightly", "1.97.0-nightly"),
    ],
)
def test_rustc_tells_its_release_and_its_host(recorded: str, release: str) -> None:
    facts = rust.read_verbose((RECORDED / f"{recorded}.txt").read_text())
    assert facts["release"] == release
    assert facts["host"] == "x86_64-unknown-linux-gnu"


def test_the_file_of_a_libclang_tells_its_version_unless_it_has_a_bare_soname(
    tmp_path: Path,
) -> None:
    names = {
        "libclang-14.so.14.0.6": Version(14, 0, 6),
        "libclang-19.so.19": Version(19),
        "libclang.so.18.1": Version(18, 1),
        "libclang.so.13": None,
    }
    for name, version in names.items():
        (tmp_path / name).touch()
        assert bindgen_places.named_version(tmp_path / name) == version
    link = tmp_path / "libclang.so.1"
    link.symlink_to("libclang-14.so.14.0.6")
    assert bindgen_places.named_version(link) == Version(14, 0, 6)
