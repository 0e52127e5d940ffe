"""What the packages of a toolchain are called, decided on what apt said of Debian 12, 13, sid."""

from pathlib import Path

import pytest

from rkmbuild.distro import apt, apt_names

DATA = Path(__file__).parent.parent / "data" / "apt"


def offered(release: str, beginning: str) -> dict[str, apt.Listed]:
    shown = (DATA / f"toolchain-{release}.txt").read_text()
    return {
        package.name: package for package in apt.parse(shown) if package.name.startswith(beginning)
    }


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        # 0.60, which works with no libclang from 16 on, of which there are some.
        ("bookworm", ("bindgen", "libclang1")),
        # These depend on one; in sid nothing is called libclang1 any more.
        ("trixie", ("bindgen",)),
        ("sid", ("bindgen",)),
    ],
)
def test_bindgen_comes_with_a_libclang(release: str, expected: tuple[str, ...]) -> None:
    libraries = offered(release, "libclang1")
    assert apt_names.choose_bindgen(offered(release, "bindgen"), libraries) == expected


@pytest.mark.parametrize(
    ("command", "libraries", "expected"),
    [
        # Debian 12's bindgen works up to 15, sid's with any.
        ("bookworm", "bookworm", "libclang1-15"),
        ("sid", "bookworm", "libclang1-22"),
        ("sid", "sid", "libclang1-23"),
    ],
)
def test_the_newest_libclang_that_bindgen_works_with_is_named_where_there_is_no_default_one(
    command: str, libraries: str, expected: str
) -> None:
    names = offered(libraries, "libclang1-")
    alone = {"bindgen": offered(command, "bindgen")["bindgen"]}
    alone["bindgen"] = apt.Listed(**{**vars(alone["bindgen"]), "depends": ()})
    assert apt_names.choose_bindgen(alone, names) == ("bindgen", expected)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["clang-13", "clang-14", "clang-16", "clang-19", "clang-22"], "clang-19"),
        (["clang-18", "clang-21", "clang-22"], "clang-21"),
        (["clang-14", "clang-15", "clang-17"], "clang-17"),
        (["clang-13", "clang-14"], None),
    ],
)
def test_the_clang_that_is_tested_most_is_named_or_the_next_one(
    names: list[str], expected: str | None
) -> None:
    assert apt_names.choose_clang(names) == expected


@pytest.mark.parametrize("release", ["bookworm", "trixie", "sid"])
def test_each_release_of_debian_has_the_clang_that_is_tested_most(release: str) -> None:
    assert apt_names.choose_clang(offered(release, "clang-")) == "clang-19"


@pytest.mark.parametrize(
    ("release", "ending"),
    # Debian 12's own is too old, and it has a second one for browsers.
    [("bookworm", "-web"), ("trixie", ""), ("sid", "")],
)
def test_the_rustc_that_is_new_enough_names_the_packages_of_rust(release: str, ending: str) -> None:
    assert apt_names.choose_rust(offered(release, "rustc")) == ending


def test_an_apt_that_offers_only_an_old_rustc_has_none() -> None:
    old = {"rustc": offered("bookworm", "rustc")["rustc"]}
    assert apt_names.choose_rust(old) is None
    assert apt_names.choose_rust({}) == "-web"
