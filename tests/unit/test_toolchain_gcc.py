"""Which gcc stands in for the one that built a kernel, under whatever name that is here."""

from pathlib import Path

import pytest

from rkmbuild.toolchain import cc, gcc
from rkmbuild.toolchain.parts import CCompiler, Version

DATA = Path(__file__).parent.parent / "data" / "toolchain"


def _gcc(name: str, package: str, number: str) -> CCompiler:
    version = Version(*map(int, number.split(".")))
    return CCompiler(
        path=Path("/usr/bin") / name,
        kind="gcc",
        version=version,
        text=f"{name} ({package}) {number}",
    )


DEBIAN_12 = _gcc("gcc-12", "Debian 12.2.0-14+deb12u1", "12.2.0")
DEBIAN_14 = _gcc("gcc-14", "Debian 14.2.0-19", "14.2.0")
UBUNTU_13 = _gcc("x86_64-linux-gnu-gcc-13", "Ubuntu 13.3.0-6ubuntu2", "13.3.0")


def _match(kernels: CCompiler, *here: CCompiler) -> gcc.Match:
    return gcc.best(here, kernels.path.name, kernels.version, kernels.text)


def test_the_version_of_a_compiler_with_a_triple_is_read() -> None:
    known = cc.read_version((DATA / "gcc-14.txt").read_text())
    assert known == ("gcc", Version(14, 2, 0))


@pytest.mark.parametrize("name", ["x86_64-linux-gnu-gcc-14", "gcc", "gcc-14"])
def test_the_same_compiler_is_known_under_another_name(name: str) -> None:
    kernels = _gcc(name, "Debian 14.2.0-19", "14.2.0")
    newer = _gcc("gcc-14.3", "GCC", "14.3.0")
    found = _match(kernels, DEBIAN_12, newer, DEBIAN_14)
    assert (found.compiler, found.same_major) == (DEBIAN_14, True)
    named = "" if name == "gcc-14" else f", there called {name}"
    assert found.why == f"the compiler that built the kernel{named}"


def test_the_nearest_of_the_same_major_version_comes_next() -> None:
    kernels = _gcc("x86_64-msft-linux-gcc", "GCC", "12.4.0")
    far = _gcc("gcc-12.1", "GCC", "12.1.0")
    found = _match(kernels, DEBIAN_14, UBUNTU_13, far, DEBIAN_12)
    assert (found.compiler, found.same_major) == (DEBIAN_12, True)
    assert found.why == ("the nearest here to x86_64-msft-linux-gcc 12.4.0, which built the kernel")


def test_the_same_version_of_another_distribution_is_nearer_than_another_version() -> None:
    kernels = _gcc("gcc-12", "Ubuntu 12.2.0-3ubuntu1", "12.2.0")
    newer = _gcc("gcc", "GCC", "12.3.0")
    assert _match(kernels, newer, DEBIAN_12).compiler == DEBIAN_12


def test_of_another_major_version_it_is_told_apart() -> None:
    found = _match(_gcc("x86_64-linux-gnu-gcc-13", "GCC", "13.1.0"), DEBIAN_12, DEBIAN_14)
    assert (found.compiler, found.same_major) == (DEBIAN_14, False)
    assert "not of the major version of x86_64-linux-gnu-gcc-13 13.1.0" in found.why
