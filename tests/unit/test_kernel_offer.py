"""Which packages make a kernel, decided on what apt said of Debian 12 and of unstable."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt, offer

DATA = Path(__file__).parent.parent / "data" / "apt"


def _offered(name: str) -> dict[str, apt.Package]:
    return {package.name: package for package in apt.parse((DATA / f"{name}.txt").read_text())}


def _names(found: offer.Offer) -> list[str]:
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


def test_what_no_source_offers_is_no_package() -> None:
    assert apt.parse("Package: linux-headers-x\nStatus: install ok installed\nVersion: 1\n") == []


def test_the_recommended_kernel_of_a_series_is_taken_and_the_smallest_flavour() -> None:
    found = offer.resolve(_offered("bookworm"), "6.1")
    assert found.release == "6.1.0-56-cloud-amd64"
    assert found.version == "6.1.192-2"
    assert _names(found) == [
        "linux-headers-6.1.0-56-cloud-amd64",
        "linux-headers-6.1.0-56-common",
        "linux-image-6.1.0-56-cloud-amd64",
        "linux-kbuild-6.1",
    ]


def test_a_series_with_metapackages_of_its_own_is_found() -> None:
    found = offer.resolve(_offered("bookworm"), "6.12")
    assert _names(found) == [
        "linux-headers-6.12.117+deb12-cloud-amd64",
        "linux-headers-6.12.117+deb12-common",
        "linux-image-6.12.117+deb12-cloud-amd64",
        "linux-kbuild-6.12.117+deb12",
    ]
    assert found.size == sum(package.size for package in found.packages) > 40_000_000
    assert found.space > 3 * found.size


def test_a_kernel_whose_image_is_cut_into_parts_is_taken_whole() -> None:
    found = offer.resolve(_offered("sid"), "7.2")
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
    assert offer.resolve(_offered("bookworm"), "6.12", flavour).release == release


def test_an_older_kernel_is_taken_where_it_is_named() -> None:
    offered = _offered("bookworm")
    assert offer.resolve(offered, "6.1.0-50").release == "6.1.0-50-cloud-amd64"
    named = "6.12.115+deb12-rt-amd64"
    assert offer.resolve(offered, named).release == named


def test_the_newest_is_taken_where_none_is_recommended() -> None:
    offered = {
        name: package
        for name, package in _offered("bookworm").items()
        if name not in ("linux-headers-cloud-amd64", "linux-headers-6.12-cloud-amd64")
    }
    assert offer.resolve(offered, "6.12").release == "6.12.117+deb12-cloud-amd64"
    assert offer.resolve(offered, "6.1").release == "6.1.0-56-cloud-amd64"


def test_a_series_that_is_not_offered_is_answered_with_those_that_are() -> None:
    with pytest.raises(FetchError, match=r"apt offers no kernel 6\.13") as failure:
        offer.resolve(_offered("bookworm"), "6.13")
    assert failure.value.hint == "it offers: 6.1, 6.12"
    assert failure.value.code == 8


def test_the_newest_recommended_kernel_is_taken_where_no_series_is_named() -> None:
    assert offer.resolve(_offered("bookworm")).release == "6.12.117+deb12-cloud-amd64"
    rt = offer.resolve(_offered("bookworm"), flavour="rt")
    assert rt.release == "6.12.117+deb12-rt-amd64"


def test_a_flavour_that_is_not_offered_is_answered_with_those_that_are() -> None:
    with pytest.raises(FetchError, match="of flavour 'tiny'") as failure:
        offer.resolve(_offered("bookworm"), "6.12", "tiny")
    assert set(str(failure.value.hint).removeprefix("it offers: ").split(", ")) == {
        "amd64",
        "cloud",
        "rt",
    }


def test_nothing_on_offer_is_said_so() -> None:
    with pytest.raises(FetchError, match="no kernel with headers and an image"):
        offer.resolve({}, "6.12")


def test_a_part_that_the_lists_lack_is_named() -> None:
    offered = _offered("bookworm")
    del offered["linux-kbuild-6.12.117+deb12"]
    with pytest.raises(FetchError, match="but not linux-kbuild") as failure:
        offer.resolve(offered, "6.12")
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
