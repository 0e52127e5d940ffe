"""Licenses: the kernel's words and SPDX expressions, each led back to the other."""

import re
from pathlib import Path

import pytest

from rkmbuild.base.errors import UsageError
from rkmbuild.project import licensing


@pytest.mark.parametrize(
    ("said", "module", "spdx"),
    [
        ("GPL", "GPL", "GPL-2.0-only"),
        ("gpl", "GPL", "GPL-2.0-only"),
        ("GPL v2", "GPL v2", "GPL-2.0-only"),
        ("Dual MIT/GPL", "Dual MIT/GPL", "MIT OR GPL-2.0-only"),
        ("dual bsd/gpl", "Dual BSD/GPL", "BSD-3-Clause OR GPL-2.0-only"),
        ("GPL-2.0", "GPL", "GPL-2.0"),
        ("GPL-2.0-or-later", "GPL", "GPL-2.0-or-later"),
        ("GPL-2.0+", "GPL", "GPL-2.0+"),
        ("MIT OR GPL-2.0-only", "Dual MIT/GPL", "MIT OR GPL-2.0-only"),
        ("GPL-2.0-only OR BSD-2-Clause", "Dual BSD/GPL", "GPL-2.0-only OR BSD-2-Clause"),
        ("MPL-2.0 OR GPL-2.0-only", "Dual MPL/GPL", "MPL-2.0 OR GPL-2.0-only"),
        ("0BSD OR GPL-2.0-only", "Dual BSD/GPL", "0BSD OR GPL-2.0-only"),
        ("Apache-2.0 OR GPL-2.0-only", "GPL", "Apache-2.0 OR GPL-2.0-only"),
        ("MIT OR Apache-2.0 OR GPL-2.0", "GPL", "MIT OR Apache-2.0 OR GPL-2.0"),
    ],
)
def test_a_license_is_known_to_the_kernel_and_to_cargo(said: str, module: str, spdx: str) -> None:
    assert licensing.parse(said) == (module, spdx)


@pytest.mark.parametrize("said", ["MIT", "Proprietary", "GPL-3.0-only", "MIT OR Apache-2.0"])
def test_a_license_that_the_linked_code_does_not_allow_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match=r"linked with code under GPL-2\.0"):
        licensing.parse(said)


def test_a_misspelt_license_comes_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        licensing.parse("Dual MIT / GPL")
    assert caught.value.hint == "did you mean `Dual MIT/GPL`?"


@pytest.mark.parametrize("said", ["", "MIT AND GPL-2.0-only", 'GPL"'])
def test_what_is_no_license_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match="no license of a kernel module"):
        licensing.parse(said)


def test_the_license_text_is_that_of_the_gpl_2() -> None:
    text = (Path(__file__).parents[2] / "LICENSE").read_text()
    assert re.search(r"GNU GENERAL PUBLIC LICENSE\s+Version 2, June 1991", text)
    assert "END OF TERMS AND CONDITIONS" in text
