"""Which packages come along with a kernel of Debian's backports, on what apt said of Debian 13."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt, companions
from rkmbuild.distro.apt import Listed
from rkmbuild.distro.debian import Debian
from rkmbuild.distro.source import Package

DATA = Path(__file__).parent.parent / "data" / "apt"
OFFERED = {p.name: p for p in apt.parse((DATA / "companions.txt").read_text())}
KERNEL = [package for package in OFFERED.values() if package.name.startswith("linux-")]


class _Apt(apt.Apt):
    """apt that has been asked before."""

    def listed(self, prefix: str, keep: object) -> dict[str, Listed]:  # noqa: ARG002
        return {p.name: p for p in KERNEL if p.name.startswith(prefix)}

    def with_dependencies(self, names: Iterable[str]) -> dict[str, Listed]:
        assert "libelf1t64" in names
        return {name: p for name, p in OFFERED.items() if not name.startswith("linux-")}


def _names(found: Iterable[Package]) -> list[str]:
    return [package.name for package in found]


def test_the_libraries_of_the_kernels_tools_come_along_and_no_programs() -> None:
    assert _names(Debian(apt=_Apt()).companions(KERNEL)) == [
        "gcc-14-base",
        "libc6",
        "libelf1t64",
        "libgcc-s1",
        "libssl3t64",
        "libzstd1",
        "zlib1g",
    ]


def test_a_compiler_comes_with_all_that_it_starts() -> None:
    found = Debian(apt=_Apt()).companions(KERNEL, "gcc-14")
    names = set(_names(found))
    assert names > {
        "gcc-14", "gcc-14-x86-64-linux-gnu", "cpp-14-x86-64-linux-gnu", "binutils-x86-64-linux-gnu",
        "libgcc-14-dev", "libc6", "libisl23", "libbinutils", "libelf1t64",
    }  # fmt: skip
    # What programs are linked with that it makes for this suite: none are made for a kernel.
    assert not names & {"libasan8", "libtsan2", "libgomp1", "pahole", "initramfs-tools", "kmod"}
    assert sum(package.size for package in found) < 60_000_000


def test_a_compiler_that_is_not_offered_is_told() -> None:
    with pytest.raises(FetchError, match=r"^apt offers no gcc-99$"):
        Debian(apt=_Apt()).companions(KERNEL, "gcc-99")


@pytest.mark.parametrize(
    ("suite", "under"),
    [
        ("trixie-backports", "trixie"),
        ("bookworm-backports-sloppy", "bookworm"),
        ("trixie-security", "trixie"),
        ("noble-updates", "noble"),
        ("experimental", "sid"),
        ("trixie", None),
        ("sid", None),
    ],
)
def test_a_suite_of_additions_has_another_one_under_it(suite: str, under: str | None) -> None:
    assert companions.suite_under(suite) == under
