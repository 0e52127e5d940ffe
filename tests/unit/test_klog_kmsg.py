r"""Records of /dev/kmsg, as a booted Debian 6.1 gave them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rkmbuild.base.errors import PermissionDeniedError, RefusedError
from rkmbuild.klog import kmsg

_DATA = Path(__file__).parent.parent / "data" / "proc" / "kmsg-6.1"


def _records() -> Iterator[kmsg.Record]:
    # A read of the device gives one record; its dictionary lines begin with a space.
    for data in re.split(rb"\n(?! )", _DATA.read_bytes()):
        if data:
            yield kmsg.parse(data + b"\n")


def _record(sequence: int) -> kmsg.Record:
    return next(record for record in _records() if record.sequence == sequence)


def test_every_recorded_record_is_read_and_none_is_missing() -> None:
    numbers = [record.sequence for record in _records()]
    assert numbers == list(range(218, 273))


def test_a_record_gives_level_number_and_time() -> None:
    record = _record(266)
    assert kmsg.LEVELS[record.level] == "warning"
    assert (record.facility, record.microseconds, record.flags) == (0, 9006117, "-")
    assert record.text == "greeter: loading out-of-tree module taints kernel."


def test_dictionary_lines_are_fields_and_no_text() -> None:
    record = _record(220)
    assert record.text == "rtc_cmos 00:02: registered as rtc0"
    assert record.fields == {"SUBSYSTEM": "pnp", "DEVICE": "+pnp:00:02"}


def test_what_a_program_wrote_has_a_facility() -> None:
    assert _record(271).facility == 1


def test_escaped_bytes_are_taken_back() -> None:
    assert _record(271).text == "tool: grün\\and \ttab"


def test_what_could_steer_a_terminal_is_shown_as_a_code() -> None:
    record = _record(270)
    assert "\x1b[31m" in record.text
    assert list(record.lines()) == [
        r"[    9.023954] stays: here to stay: \x1b[31m50% grün\x1b[0m",
    ]


def test_lines_after_the_first_are_indented_as_dmesg_does() -> None:
    lines = list(_record(250).lines())
    assert len(lines) == 4
    assert lines[1] == " " * 15 + "If you want to keep using the local clock, then add:"


def test_a_part_of_a_line_and_a_caller_are_understood() -> None:
    # Documentation/ABI/testing/dev-kmsg: more fields may follow, a fragment is marked with a c.
    record = kmsg.parse(b"6,339,5140900,c,caller=T12;NET: more\n")
    assert (record.flags, record.text) == ("c", "NET: more")


@pytest.mark.parametrize("data", [b"", b"text", b"6,x,1,-;text\n", b"6,1;text\n", b"\xff,1,1,-;x"])
def test_what_is_no_record_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        kmsg.parse(data)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("my_driver: ready", True),
        ("my-driver: ready", True),
        ("my_driver2: ready", False),
        ("not my_driver: at the start", False),
        ("RIP: 0010:greet+0x86/0xff0 [my_driver]", True),
        ("Modules linked in: my_driver(OE+) vsock", True),
    ],
)
def test_a_record_is_about_a_module_that_it_names_first_or_in_a_trace(
    text: str, about: bool
) -> None:
    record = kmsg.Record(sequence=1, microseconds=0, level=6, facility=0, flags="-", text=text)
    assert record.is_about("my-driver") is about


def test_a_log_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="No such file"):
        kmsg.Reader(device=tmp_path / "kmsg")


def test_a_log_for_root_only_is_a_matter_of_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("rkmbuild.klog.kmsg.os.open", refuse)
    with pytest.raises(PermissionDeniedError, match="only root can read"):
        kmsg.Reader()
