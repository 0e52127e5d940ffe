"""Edits of Makefile.modfinal, for the rules as the releases have them."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import modfinal
from rkmbuild.kernel.tree import KernelVersion

WHERE = Path("/k/scripts/Makefile.modfinal")
HEAD = "modname = $(notdir $(@:.mod.o=))\npart-of-module = y\n"
# The lines around the rule in 5.10, 6.1 and 6.12; in 6.13 to 7.1; and in 7.2.
COMMAND = "      cmd_cc_o_c = $(CC) $(filter-out $(CC_FLAGS_CFI), $(c_flags)) -c -o $@ $<\n\n"
REMOVED = "ccflags-remove-y := $(CC_FLAGS_CFI)\n\n"
BY_DEPENDENCIES = "%.mod.o: %.mod.c FORCE\n\t$(call if_changed_dep,cc_o_c)\n"
BY_RULE = "%.mod.o: %.mod.c FORCE\n\t$(call if_changed_rule,cc_o_c)\n"
COMMON = "\n.module-common.o: $(srctree)/scripts/module-common.c FORCE\n\t$(call x,cc_o_c)\n"


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("5.10.0", HEAD + COMMAND + BY_DEPENDENCIES),
        ("6.1.192", HEAD + COMMAND + BY_DEPENDENCIES),
        ("6.12.117", HEAD + COMMAND + BY_DEPENDENCIES + COMMON),
        ("6.18.0", HEAD + REMOVED + BY_DEPENDENCIES + COMMON),
        ("7.2.13", HEAD + REMOVED + BY_RULE + COMMON),
    ],
)
def test_the_two_variables_come_in_after_the_kernels_own_and_nothing_else_changes(
    version: str, text: str
) -> None:
    changed = modfinal.patched(text, KernelVersion.parse(version), WHERE)
    added = [line for line in changed.splitlines() if "RKMBUILD" in line]
    assert added == modfinal.KBUILD_LINES.splitlines()
    assert changed.replace(modfinal.KBUILD_LINES + "\n", "") == text
    assert changed.index("RKMBUILD") > text.find(":= $(CC_FLAGS_CFI)")
    assert changed.index("RKMBUILD") < changed.index("%.mod.o:")


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("6.1.0", HEAD + BY_RULE),
        ("7.9.0", HEAD + "%.mod.o: %.mod.S FORCE\n\t$(call if_changed,as_mod_o)\n"),
        ("6.12.0", HEAD + BY_DEPENDENCIES * 2),
        ("5.4.0", HEAD + BY_DEPENDENCIES),
    ],
)
def test_a_form_that_is_not_known_is_an_error_that_names_the_file(version: str, text: str) -> None:
    with pytest.raises(KernelError, match=str(WHERE)) as caught:
        modfinal.patched(text, KernelVersion.parse(version), WHERE)
    assert "--cc gcc" in (caught.value.hint or "")


def test_every_patch_names_its_range_and_adds_the_same_two_lines() -> None:
    assert modfinal.patch_files()
    for file in modfinal.patch_files():
        text = file.read_text()
        assert f'since = "{file.stem.removeprefix("modfinal-")}"' in text
        assert modfinal.KBUILD_LINES in text


def test_what_make_would_read_as_its_own_is_escaped() -> None:
    made = modfinal.variables(["-Dx=100%", "-Wa,$y"], ["-Dz=$(q)"])
    assert made == {
        "RKMBUILD_CFLAGS_REMOVE": "-Dx=100\\% -Wa,$$y",
        "RKMBUILD_CFLAGS_ADD": "-Dz=$$(q)",
    }
