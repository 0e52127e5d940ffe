"""Which packages make a kernel, decided on what apt said of Debian 12 and of unstable."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt, offer
from rkmbuild.distro.debian import Debian

DATA = Path(__file__).parent.parent / "data" / "apt"


class _Apt(apt.Apt):
    """apt that has been asked before."""

    def __init__(self, offered: Mapping[str, apt.Listed]) -> None:
        self._offered = offered

    def listed(self, prefix: str, keep: Callable[[str], bool]) -> dict[str, apt.Listed]:
        names = [name for name in self._offered if name.startswith(prefix) and keep(name)]
        return {name: self._offered[name] for name in names}

    def lists_are_empty(self) -> bool:
        return False


def _offered(name: str) -> dict[str, apt.Listed]:
    return {package.name: package for package in apt.parse((DATA / f"{name}.txt").read_text())}


def _choose(
    offered: Mapping[str, apt.Listed], series: str | None = None, flavour: str | None = None
) -> offer.Chosen:
    return offer.choose(Debian(apt=_Apt(offered)), series, flavour)


def _names(found: offer.Chosen) -> list[str]:
    return [package.name for package in found.packages]


def test_a_package_is_read_from_what_apt_shows() -> None:
    package = _offered("bookworm")["linux-headers-6.12.117+deb12-cloud-amd64"]
    assert package.version == "6.12.117-1~deb12u1"
    assert package.architecture == "amd64"
    assert package.size == 2931728
    assert (
        "linux-image-6.12.117+deb12-cloud-amd64",
        "linux-image-6.12.117+deb12-cloud-amd64-unsigned",
    ) in package.depends


def test_apt_tells_what_the_file_of_a_package_must_be() -> None:
    package = _offered("verbatim")["linux-headers-6.12.117+deb12-cloud-amd64"]
    assert package.sha256 == "d554fd0fd1ba990b36a428a5982c295e365bb5598c366bdf088aeb467c4c6dd3"
    assert package == replace(
        _offered("bookworm")[package.name],
        sha256=package.sha256,
        depends=package.depends,
        section="kernel",
    )


def test_what_no_source_offers_is_no_package() -> None:
    assert apt.parse("Package: linux-headers-x\nStatus: install ok installed\nVersion: 1\n") == []


def test_the_recommended_kernel_of_a_series_is_taken_and_the_smallest_flavour() -> None:
    found = _choose(_offered("bookworm"), "6.1")
    assert found.release == "6.1.0-56-cloud-amd64"
    assert found.version == "6.1.192-2"
    assert _names(found) == [
        "linux-headers-6.1.0-56-cloud-amd64",
        "linux-headers-6.1.0-56-common",
        "linux-image-6.1.0-56-cloud-amd64",
        "linux-kbuild-6.1",
    ]


def test_a_series_with_metapackages_of_its_own_is_found() -> None:
    found = _choose(_offered("bookworm"), "6.12")
    assert _names(found) == [
        "linux-headers-6.12.117+deb12-cloud-amd64",
        "linux-headers-6.12.117+deb12-common",
        "linux-image-6.12.117+deb12-cloud-amd64",
        "linux-kbuild-6.12.117+deb12",
    ]
    assert found.size == sum(package.size for package in found.packages) > 40_000_000
    assert found.space > 3 * found.size


def test_a_kernel_whose_image_is_cut_into_parts_is_taken_whole() -> None:
    found = _choose(_offered("sid"), "7.2")
    assert _names(found) == [
        "linux-base-7.2.13+deb14-cloud-amd64",
        "linux-binary-7.2.13+deb14-cloud-amd64",
        "linux-headers-7.2.13+deb14-cloud-amd64",
        "linux-headers-7.2.13+deb14-common",
        "linux-image-7.2.13+deb14-cloud-amd64",
        "linux-kbuild-7.2.13+deb14",
        "linux-modules-7.2.13+deb14-cloud-amd64",
    ]


@pytest.mark.parametrize(
    ("flavour", "release"),
    [
        ("cloud", "6.12.117+deb12-cloud-amd64"),
        ("amd64", "6.12.117+deb12-amd64"),
        ("rt", "6.12.117+deb12-rt-amd64"),
    ],
)
def test_a_flavour_is_the_distributions_word(flavour: str, release: str) -> None:
    assert _choose(_offered("bookworm"), "6.12", flavour).release == release


def test_an_older_kernel_is_taken_where_it_is_named() -> None:
    offered = _offered("bookworm")
    assert _choose(offered, "6.1.0-50").release == "6.1.0-50-cloud-amd64"
    named = "6.12.115+deb12-rt-amd64"
    assert _choose(offered, named).release == named


def test_the_newest_is_taken_where_none_is_recommended() -> None:
    offered = {
        name: package
        for name, package in _offered("bookworm").items()
        if name not in ("linux-headers-cloud-amd64", "linux-headers-6.12-cloud-amd64")
    }
    assert _choose(offered, "6.12").release == "6.12.117+deb12-cloud-amd64"
    assert _choose(offered, "6.1").release == "6.1.0-56-cloud-amd64"


def test_a_series_that_is_not_offered_is_answered_with_those_that_are() -> None:
    with pytest.raises(FetchError, match=r"apt offers no kernel 6\.13") as failure:
        _choose(_offered("bookworm"), "6.13")
    hint = str(failure.value.hint)
    assert hint.startswith("it offers: 6.1, 6.12\n")
    assert "--suite" in hint
    assert failure.value.code == 8


def test_the_newest_recommended_kernel_is_taken_where_no_series_is_named() -> None:
    assert _choose(_offered("bookworm")).release == "6.12.117+deb12-cloud-amd64"
    rt = _choose(_offered("bookworm"), flavour="rt")
    assert rt.release == "6.12.117+deb12-rt-amd64"


def test_a_flavour_that_is_not_offered_is_answered_with_those_that_are() -> None:
    with pytest.raises(FetchError, match="of flavour 'tiny'") as failure:
        _choose(_offered("bookworm"), "6.12", "tiny")
    first = str(failure.value.hint).splitlines()[0]
    assert set(first.removeprefix("it offers: ").split(", ")) == {
        "amd64",
        "cloud",
        "rt",
    }


def test_nothing_on_offer_is_said_so() -> None:
    with pytest.raises(FetchError, match="no kernel with headers and an image"):
        _choose({}, "6.12")


def test_a_kernel_of_backports_is_taken_whole_and_signed() -> None:
    found = _choose(_offered("trixie-backports"), "7.3")
    assert _names(found) == [
        "linux-base-7.3.4+deb13-cloud-amd64",
        "linux-binary-7.3.4+deb13-cloud-amd64",
        "linux-headers-7.3.4+deb13-cloud-amd64",
        "linux-headers-7.3.4+deb13-common",
        "linux-image-7.3.4+deb13-cloud-amd64",
        "linux-kbuild-7.3.4+deb13",
        "linux-modules-7.3.4+deb13-cloud-amd64",
    ]


def test_an_image_that_is_not_signed_yet_is_taken_with_its_modules() -> None:
    offered = _offered("trixie-backports")
    for name in ("linux-image", "linux-binary"):
        del offered[f"{name}-7.3.4+deb13-cloud-amd64"]
    assert _names(_choose(offered, "7.3", "cloud")) == [
        "linux-base-7.3.4+deb13-cloud-amd64",
        "linux-binary-unsigned-7.3.4+deb13-cloud-amd64",
        "linux-headers-7.3.4+deb13-cloud-amd64",
        "linux-headers-7.3.4+deb13-common",
        "linux-kbuild-7.3.4+deb13",
        "linux-modules-7.3.4+deb13-cloud-amd64",
    ]


def test_kernels_whose_headers_are_gone_from_the_suite_are_not_offered() -> None:
    offered = _offered("trixie-backports")
    assert "linux-image-7.1.13+deb13-cloud-amd64" in offered
    releases = {each.release for each in Debian(apt=_Apt(offered)).offers()}
    assert {offer.series_of(release) for release in releases} == {"7.3"}


def test_debug_symbols_are_one_more_package() -> None:
    offered = _offered("trixie-backports")
    source = Debian(apt=_Apt(offered))
    bare = offer.choose(source, "7.3")
    full = offer.choose(source, "7.3", debug_symbols=True)
    (more,) = set(full.packages) - set(bare.packages)
    assert more.name == "linux-image-7.3.4+deb13-cloud-amd64-dbg"
    assert full.space > bare.space + 2_000_000_000
    del offered[more.name]
    with pytest.raises(FetchError, match="offers no debug symbols of 7"):
        offer.choose(Debian(apt=_Apt(offered)), "7.3", debug_symbols=True)


@pytest.mark.parametrize("suite", ["bookworm", "sid", "trixie-backports"])
def test_the_ordinary_flavour_may_be_called_generic(suite: str) -> None:
    found = _choose(_offered(suite), flavour="generic")
    assert found.release == _choose(_offered(suite), flavour="amd64").release
    assert "cloud" not in found.release


def test_a_suite_is_named_where_it_lacks_a_kernel() -> None:
    source = Debian("trixie-backports", apt=_Apt(_offered("trixie-backports")))
    with pytest.raises(FetchError, match=r"^trixie-backports offers no kernel 6\.12$") as failure:
        offer.choose(source, "6.12")
    assert failure.value.hint == "it offers: 7.3"


def test_a_part_that_the_lists_lack_is_named() -> None:
    offered = _offered("bookworm")
    del offered["linux-kbuild-6.12.117+deb12"]
    with pytest.raises(FetchError, match="but not linux-kbuild") as failure:
        _choose(offered, "6.12")
    assert "apt-get update" in str(failure.value.hint)


@pytest.mark.parametrize(
    ("series", "flavour", "fits"),
    [
        (None, None, True),
        (None, "rt", False),
        ("6.12", None, True),
        ("6.12.117", "cloud", True),
        ("6.12.117+deb12-cloud-amd64", None, True),
        ("6.12", "cloud-amd64", True),
        ("6.1", None, False),
        ("6.12.11", None, False),
        ("6.12", "amd64", False),
    ],
)
def test_a_release_fits_a_series_and_a_flavour(
    series: str | None, flavour: str | None, fits: bool
) -> None:
    assert offer.fits("6.12.117+deb12-cloud-amd64", series, flavour) is fits


def test_kernels_of_ones_own_have_any_name() -> None:
    text = "\n".join(
        f"Package: {name}\nVersion: 1\nArchitecture: amd64\nFilename: x\nDepends: {depends}\n"
        for name, depends in (
            ("linux-headers-7.3.0-00012-gabcdef", ""),
            ("linux-image-7.3.0-00012-gabcdef", ""),
            ("linux-headers-6.12.9", ""),
            ("linux-image-6.12.9", ""),
            ("linux-image-6.12.9-dbg", ""),
            ("linux-headers-7.4.0+", ""),
        )
    )
    offered = {package.name: package for package in apt.parse(text)}
    source = Debian(apt=_Apt(offered), name="/debs", any_name=True)
    assert [each.release for each in source.offers()] == ["6.12.9", "7.3.0-00012-gabcdef"]
    assert _names(offer.choose(source, "6.12")) == ["linux-headers-6.12.9", "linux-image-6.12.9"]
    assert {each.release for each in Debian(apt=_Apt(offered)).offers()} == {"7.3.0-00012-gabcdef"}
    with pytest.raises(FetchError, match=r"^/debs offers no kernel 6\.1$") as failure:
        offer.choose(source, "6.1")
    assert failure.value.hint == "it offers: 6.12, 7.3"
