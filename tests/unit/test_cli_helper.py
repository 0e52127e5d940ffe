"""What tests take for silence."""

import pytest

from tests.cli import complaints

# From builds and runs: rkmbuild's own words, and cargo's that it lets through.
_GOOD = """\
   Compiling hello v0.1.0 (/tmp/hello)
    Building sysroot for rustc 1.85.0
    Finished `release` hello.ko (12.3 KiB) for 6.12.117+deb12-cloud-amd64 in 2.11 s (plan 0.08)
       Fresh target/rkmbuild/6.12.117+deb12-cloud-amd64/hello.ko for 6.12.117+deb12-cloud-amd64
     Locking 12 packages to latest compatible versions
note: `rkmbuild run hello` builds it and loads it in a virtual machine
"""


def test_progress_and_notes_are_no_complaints() -> None:
    assert complaints(_GOOD) == []
    assert complaints("") == []


@pytest.mark.parametrize(
    "line",
    [
        "warning: unused variable: `x`",
        "WARNING: modpost: missing MODULE_LICENSE() in hello.o",
        "ld.lld: warning: section type mismatch",
        "hello.o: warning: objtool: f() falls through to next function g()",
        "error: could not compile `hello`",
        "Traceback (most recent call last):",
        " --> src/lib.rs:3:9",
        "",
    ],
)
def test_whatever_else_is_said_is_one(line: str) -> None:
    assert complaints(f"{_GOOD}{line}\n{_GOOD}") == [line]
