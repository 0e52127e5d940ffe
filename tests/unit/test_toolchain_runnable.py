"""Whether a program runs here, decided on what glibc 2.36's loader said of Debian 13's tools."""

from pathlib import Path

import pytest

from rkmbuild.arch import architectures
from rkmbuild.toolchain import runnable

DATA = Path(__file__).parent.parent / "data" / "loader"


@pytest.mark.parametrize(
    ("program", "what"),
    [
        ("modpost.real-lsb-64", "GLIBC_2.38"),
        ("resolve_btfids", "GLIBC_2.38"),
        ("as", "libbfd-2.44-system.so"),
        ("fixdep", ""),
    ],
)
def test_what_a_program_lacks_is_read_from_the_loaders_words(program: str, what: str) -> None:
    assert runnable.lacks((DATA / f"{program}.stderr").read_text()) == what


def test_programs_are_told_by_their_headers(tmp_path: Path) -> None:
    def file(name: str, machine: int, kind: int = 3, mode: int = 0o755) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        header = b"\x7fELF\x02\x01\x01" + bytes(9)
        path.write_bytes(header + kind.to_bytes(2, "little") + machine.to_bytes(2, "little"))
        path.chmod(mode)
        return path

    own = architectures.host().elf_machine
    wanted = [file("basic/fixdep", own), file("mod/modpost", own, kind=2)]
    file("mod/empty.o", own, kind=1)
    file("mod/notes", own, mode=0o644)
    file("other/fixdep", own + 1)
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "script").chmod(0o755)
    assert runnable.programs(tmp_path) == wanted


def test_of_no_programs_nobody_is_asked() -> None:
    assert runnable.lacking([]) == {}
