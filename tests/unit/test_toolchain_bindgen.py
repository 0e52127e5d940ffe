"""Which bindgen goes with which libclang, on what pairs of them wrote."""

import re
from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.toolchain import bindgen, bindgen_places
from rkmbuild.toolchain.parts import Bindgen, Version

RECORDED = Path(__file__).parent.parent / "data" / "toolchain"


def trial(pair: str) -> tuple[Version | None, str, str]:
    said, generated = ((RECORDED / f"bindgen-{pair}.{end}").read_text() for end in ("err", "rs"))
    return bindgen.read_trial(said, generated)


@pytest.fixture
def good() -> str:
    return (RECORDED / "bindgen-0.72.1-libclang-19.rs").read_text()


def test_a_pair_that_works_tells_libclangs_version() -> None:
    assert trial("0.60.1-libclang-14")[:2] == (Version(14, 0, 6), "")
    assert trial("0.72.1-libclang-19")[:2] == (Version(19, 1, 7), "")


def test_a_pair_that_panics_is_known_by_what_is_not_there() -> None:
    version, why, _ = trial("0.60.1-libclang-19")
    assert version == Version(19, 1, 7)
    assert "anonymous unions" in why


def test_a_pair_that_loses_joined_names_is_told_apart(good: str) -> None:
    _, why, _ = bindgen.read_trial("", good.replace("rkmbuild_joined", "_address"))
    assert "2824" in why


def test_a_pair_that_leaves_structures_empty_is_told_apart(good: str) -> None:
    # What rust-bindgen issue 3264 shows of libclang 22: one byte in place of the fields.
    empty = "pub struct rkmbuild_later {\n    pub _address: u8,\n}"
    made, changes = re.subn(r"pub struct rkmbuild_later \{[^}]*\}", empty, good)
    assert changes == 1
    assert "issue 3264" in bindgen.read_trial("", made)[1]


@pytest.mark.parametrize("pair", ["0.60.1-libclang-14", "0.72.1-libclang-19"])
def test_bit_fields_in_the_wrong_place_are_a_flaw_that_is_put_right(pair: str) -> None:
    _, why, flaw = trial(pair)
    assert not why
    assert "issue 3384" in flaw


def test_bit_fields_in_their_place_are_no_flaw(good: str) -> None:
    right = good.replace("get(14usize, 3u8)", "get(16usize, 3u8)")
    assert right != good
    assert bindgen.read_trial("", right)[1:] == ("", "")


def test_a_bindgen_without_the_flaw_is_taken_before_a_newer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose_among(monkeypatch, {Version(0, 72, 1): "a flaw", Version(0, 70): ""})
    chosen, passed_over = bindgen.choose()
    assert chosen.version == Version(0, 70)
    assert [each.why for each in passed_over if "0.72.1" in each.what] == ["a flaw"]


def test_a_flawed_bindgen_is_taken_where_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose_among(monkeypatch, {Version(0, 72, 1): "a flaw", Version(0, 70): "a flaw"})
    chosen, passed_over = bindgen.choose()
    assert chosen.version == Version(0, 72, 1)
    assert not [each for each in passed_over if "0.72.1" in each.what]


def choose_among(monkeypatch: pytest.MonkeyPatch, flaws: dict[Version, str]) -> None:
    """Put bindgens of these versions on the machine, with one libclang."""

    def tried(command: Path, version: Version, library: Path) -> tuple[Bindgen, str, str]:
        pair = Bindgen(
            path=command, version=version, libclang=library, libclang_version=Version(19)
        )
        return pair, "", flaws[version]

    commands = [(Path(f"/bindgen-{version}"), version) for version in flaws]
    monkeypatch.setattr(bindgen, "_usable_commands", lambda _: commands)
    monkeypatch.setattr(bindgen, "_try", tried)
    monkeypatch.setattr(bindgen_places, "libclangs", lambda: [Path("/libclang-19.so.19.1.7")])


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
