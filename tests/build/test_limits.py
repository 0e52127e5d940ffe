"""Tools that read what nobody vouches for come to an end, with what they were allowed."""

import tempfile
import time

import pytest

from rkmbuild.base import limits
from rkmbuild.base.errors import BuildError, ToolchainError
from rkmbuild.ko.demangle import demangle

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def bomb(levels: int) -> str:
    """A mangled name of which each part holds the one before it twice."""
    name, start = "IC1aTeeE", 4
    for _ in range(levels):
        back, start = f"B{_number(start)}", len(name)
        name += f"T{back}{back}E"
    return f"_R{name}E"


def _number(value: int) -> str:
    """Return a number as the mangling writes it: base 62, one less."""
    digits, rest = "", value - 1
    while rest or not digits:
        rest, digit = divmod(rest, 62)
        digits = _DIGITS[digit] + digits
    return f"{digits}_"


def test_what_a_tool_reads_and_says_passes_through() -> None:
    assert limits.run(["cat"], doing="reading", seconds=10, stdin=b"a\xffb\n") == "a\udcffb\n"


def test_no_folder_for_temporary_files_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/folder")
    assert demangle(["_ZN4core3fmt5write17h0123456789abcdefE"]) == ["core::fmt::write"]


def test_a_tool_that_takes_too_long_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(BuildError, match=r"did not finish within 0\.2 s"):
        limits.run(["sleep", "60"], doing="waiting", seconds=0.2)
    assert time.monotonic() - started < 10


def test_a_tool_that_writes_too_much_is_ended() -> None:
    with pytest.raises(BuildError, match="SIGXFSZ"):
        limits.run(["yes"], doing="agreeing", seconds=60)


def test_a_tool_that_fails_says_so_in_its_own_words() -> None:
    with pytest.raises(BuildError) as caught:
        limits.run(["cat", "/no/such/file"], doing="reading", seconds=10)
    assert "/no/such/file" in caught.value.output


def test_a_tool_that_is_not_there_is_named() -> None:
    with pytest.raises(ToolchainError, match="no-such-tool"):
        limits.run(["no-such-tool"], doing="looking", seconds=1)


def test_a_name_that_stands_for_gigabytes_stays_as_it_is() -> None:
    assert len(bomb(12)) < 120
    assert len(demangle([bomb(12)])[0]) > 100_000
    names = [bomb(24), "plain"]
    assert demangle(names) == names
