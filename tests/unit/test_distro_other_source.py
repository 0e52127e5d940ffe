"""A kernel is chosen in the same way from a source that is no Debian."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import offer
from rkmbuild.distro.source import Download, Offer, Package


class _Boxes:
    """A source that is no Debian: it has kernels in boxes, and its own words for them."""

    name = "the shelf"
    suite = None
    flavours = ("small",)
    expired = None
    elsewhere = None

    def __init__(self, *offers: Offer) -> None:
        self._offers = offers

    def offers(self) -> tuple[Offer, ...]:
        return self._offers

    def packages(self, offer: Offer, *, debug_symbols: bool = False) -> list[Package]:
        assert not debug_symbols
        return [
            Package(
                name=f"box-{offer.release}",
                version=offer.version,
                architecture="any",
                sha256="",
                size=10,
                installed=30,
            )
        ]

    def mark(self, packages: Iterable[Package]) -> str:
        return str(len(list(packages)))

    def companions(self, packages: Iterable[Package], compiler: str | None = None) -> list[Package]:
        raise NotImplementedError

    def download(self, packages: Iterable[Package], folder: Path) -> list[Download]:
        raise NotImplementedError

    def unpack(self, package: Path, root: Path) -> None:
        raise NotImplementedError


def test_any_source_is_chosen_from_in_the_same_way() -> None:
    shelf = _Boxes(
        Offer("6.12.9-200.fc41.x86_64", "200", "", recommended=False),
        Offer("6.12.9-3-default", "3", "default", recommended=False),
        Offer("6.12.9-3-small", "3", "small", recommended=False),
        Offer("6.12.10-1-small", "1", "small", recommended=False),
        Offer("6.12.8-7-small", "7", "small", recommended=True),
    )
    assert offer.choose(shelf, "6.12").release == "6.12.8-7-small"
    assert offer.choose(shelf, "6.12.9").release == "6.12.9-3-small"
    found = offer.choose(shelf, "6.12.9", "")
    assert found.release == "6.12.9-200.fc41.x86_64"
    assert [package.name for package in found.packages] == ["box-6.12.9-200.fc41.x86_64"]
    assert (found.size, found.space, found.mark) == (10, 40, "1")
    assert offer.choose(_Boxes(*shelf.offers()[:3]), "6.12.9-3", "default").version == "3"
    with pytest.raises(FetchError, match=r"^the shelf offers no kernel 7\.3$") as failure:
        offer.choose(shelf, "7.3")
    assert failure.value.hint == "it offers: 6.12"


def test_without_a_favourite_the_flavour_of_the_shortest_name_is_taken() -> None:
    lowlatency = Offer("6.8.0-50-lowlatency", "50", "lowlatency", recommended=True)
    plain = Offer("6.8.0-49-plain", "49", "plain", recommended=False)
    assert offer.choose(_Boxes(lowlatency, plain)).release == plain.release
