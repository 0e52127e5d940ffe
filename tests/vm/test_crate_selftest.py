"""The kernel crate's checks of itself, and what it prints, in a booted kernel."""

from collections import Counter
from pathlib import Path

import pytest

from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

MODULES = ("selftest", "printing", "params")
PARAMETERS = "/sys/module/params/parameters"
SCRIPT = (
    "insmod /selftest.ko && rmmod selftest",
    "insmod /printing.ko && rmmod printing",
    "insmod /params.ko",
    "rmmod params",
    "insmod /params.ko flag small=5 small=-0x10 large=0xff type=-1 'label=\"two words\"'",
    f"cd {PARAMETERS} && ls -1 && cat flag small large label && stat -c %a flag small large label",
    f"echo 0 > {PARAMETERS}/flag && echo 77 > {PARAMETERS}/large && cat {PARAMETERS}/flag",
    f"echo maybe > {PARAMETERS}/flag",
    f"echo 1 > {PARAMETERS}/small",
    "rmmod params",
    "insmod /params.ko small=128",
    "insmod /params.ko small=ten",
    "insmod /params.ko small",
)
SELFTEST, PRINTING, DEFAULTS, _, GIVEN, SHOWN, WRITTEN, MAYBE, READ_ONLY, GONE, *REFUSED = range(
    len(SCRIPT)
)

pytestmark = pytest.mark.together


@pytest.fixture(scope="module")
def guest(kernel: KernelTree) -> GuestResult:
    modules = {name: _module(name, kernel) for name in MODULES}
    result = crate_guest.run(kernel, modules, SCRIPT)
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    return result


def _module(name: str, tree: KernelTree) -> Path:
    return crate_guest.build(crate_guest.MODULES / name, tree)


def _said(guest: GuestResult, module: str, *steps: int) -> list[str]:
    prefix = f"{module}: "
    lines = [text for text in crate_guest.texts(guest, *steps) if text.startswith(prefix)]
    return [line.removeprefix(prefix) for line in lines if "taint" not in line]


def test_every_check_inside_the_kernel_passes(guest: GuestResult) -> None:
    said = _said(guest, "selftest", SELFTEST)
    assert guest.steps[SELFTEST].status == 0, said
    assert said[-1] == "failed: 0"
    assert len(said) > 20
    assert [line for line in said[:-1] if not line.startswith("ok ")] == []


def test_each_level_is_printed_and_debugging_is_not(guest: GuestResult) -> None:
    levels = {
        message.text: message.level
        for message in guest.printed(PRINTING)
        if message.text.startswith("printing: level")
    }
    assert levels == {f"printing: level {level}": level for level in range(7)}


def test_what_a_message_holds_is_never_a_format(guest: GuestResult) -> None:
    said = _said(guest, "printing", PRINTING)
    assert "100% %s %n %d%%" in said
    assert r"nul \x00 and soh \x014 here" in said
    assert "begun, gone on, ended" in said


def test_no_byte_of_a_long_message_is_lost(guest: GuestResult) -> None:
    text = "".join(_said(guest, "printing", PRINTING))
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    for length in (190, 300, 880, 907, 908, 1000, 5000):
        letters = (alphabet * (length // 26 + 1))[:length]
        assert f"{length} {letters}<end>" in text, length
    assert text.count("é") == 1001


def test_a_message_is_printed_once_or_not_too_often(guest: GuestResult) -> None:
    words = Counter(line.split()[0] for line in _said(guest, "printing", PRINTING))
    assert words["once"] == 1
    assert words["limited"] == 10


def test_parameters_have_defaults(guest: GuestResult) -> None:
    line = "loaded: flag=false small=-1 large=1099511627776 type=-9223372036854775808 label=none"
    assert _said(guest, "params", DEFAULTS) == [line]


def test_parameters_come_from_insmod(guest: GuestResult) -> None:
    line = "loaded: flag=true small=-16 large=255 type=-1 label=two words"
    assert _said(guest, "params", GIVEN) == [line]


def test_parameters_are_shown_with_their_permissions(guest: GuestResult) -> None:
    names, values = ["flag", "label", "large", "small"], ["Y", "-16", "255", "two words"]
    modes = ["644", "444", "600", "444"]
    assert list(guest.steps[SHOWN].lines) == names + values + modes


def test_parameters_can_be_written_where_they_may(guest: GuestResult) -> None:
    assert list(guest.steps[WRITTEN].lines) == ["N"]
    assert guest.steps[MAYBE].status != 0
    assert guest.steps[READ_ONLY].status != 0
    assert _said(guest, "params", GONE) == [
        "unloaded: flag=false small=-16 large=77 type=-1 label=two words",
        "flag was true",
    ]


def test_what_is_no_such_value_refuses_the_load(guest: GuestResult) -> None:
    assert all(guest.steps[step].status != 0 for step in REFUSED)
    assert not [line for line in _said(guest, "params", *REFUSED) if "loaded" in line]
