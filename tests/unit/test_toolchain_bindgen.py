"""Which bindgen goes with which libclang, on what pairs of them wrote."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.toolchain import bindgen, bindgen_places
from rkmbuild.toolchain.parts import Version

RECORDED = Path(__file__).parent.parent / "data" / "toolchain"


def trial(libclang: int) -> tuple[Version | None, str]:
    said, generated = (
        (RECORDED / f"bindgen-0.60.1-libclang-{libclang}.{end}").read_text()
        for end in ("err", "rs")
    )
    return bindgen.read_trial(said, generated)


def test_a_good_pair_is_known_by_its_bindings_and_tells_libclangs_version() -> None:
    assert trial(15) == (Version(15, 0, 6), "")


def test_a_pair_that_panics_is_known_by_what_is_not_there() -> None:
    version, why = trial(19)
    assert version == Version(19, 1, 7)
    assert "anonymous unions" in why


def test_a_pair_that_loses_joined_names_is_told_apart() -> None:
    generated = (RECORDED / "bindgen-0.60.1-libclang-15.rs").read_text()
    _, why = bindgen.read_trial("", generated.replace("rkmbuild_joined", "_address"))
    assert "2824" in why


@pytest.mark.parametrize(
    ("version", "libclang", "fits"),
    [
        (Version(0, 60, 1), Version(14, 0, 6), True),
        (Version(0, 60, 1), Version(15, 0, 7), True),
        (Version(0, 60, 1), Version(16), False),
        (Version(0, 65, 1), Version(19, 1, 7), False),
        (Version(0, 66, 1), Version(16), True),
        (Version(0, 72, 0), Version(21), True),
        (Version(0, 60, 1), None, True),
    ],
)
def test_old_bindgens_go_with_old_libclangs_and_new_ones_with_any(
    version: Version, libclang: Version | None, fits: bool
) -> None:
    assert (bindgen.misfit(version, libclang) == "") is fits


def test_a_library_is_found_once_however_many_names_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "libclang-14.so.14.0.6").touch()
    for link in ("libclang-14.so.1", "libclang.so.1", "libclang.so"):
        (tmp_path / link).symlink_to("libclang-14.so.14.0.6")
    (tmp_path / "libclang-cpp.so.14").touch()
    monkeypatch.setenv("LIBCLANG_PATH", str(tmp_path))
    (found,) = bindgen_places.libclangs()
    assert found.resolve() == tmp_path / "libclang-14.so.14.0.6"


def test_libclang_path_may_name_the_file_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("libclang-15.so.15.0.6", "libclang-19.so.19"):
        (tmp_path / name).touch()
    monkeypatch.setenv("LIBCLANG_PATH", str(tmp_path / "libclang-15.so.15.0.6"))
    assert bindgen_places.libclangs() == [tmp_path / "libclang-15.so.15.0.6"]


def test_a_libclang_path_with_no_library_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBCLANG_PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="no libclang"):
        bindgen_places.libclangs()


def test_a_bindgen_that_is_no_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINDGEN", "/nowhere/bindgen")
    with pytest.raises(ToolchainError, match="/nowhere/bindgen"):
        bindgen_places.commands()
