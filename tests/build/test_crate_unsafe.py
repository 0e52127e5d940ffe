"""The list of unsafe code in docs/ is that of the source."""

import os

from tests import unsafe_list


def test_the_list_of_unsafe_code_is_that_of_the_source() -> None:
    made = unsafe_list.make()
    if os.environ.get("RKMBUILD_UPDATE_DOCS"):
        unsafe_list.LIST.write_text(made)
    assert unsafe_list.LIST.read_text() == made, "RKMBUILD_UPDATE_DOCS=1 writes it anew"


def test_each_unsafe_use_has_its_reason() -> None:
    without = [line for line in unsafe_list.make().splitlines() if "(see the source)" in line]
    assert not without, without
