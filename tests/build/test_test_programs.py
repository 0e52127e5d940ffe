"""Programs of a project's tests, compiled for a guest."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.base import process
from rkmbuild.testing import programs
from rkmbuild.toolchain import rust


def test_two_runs_may_compile_a_program_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = tmp_path / "2 words.rs", tmp_path / "programs"
    source.write_text('fn main() { println!("said") }')
    chosen = rust.choose()[0]
    compile_ = process.run
    others: list[Path] = []

    def beside(*words: Any, **options: Any) -> process.Completed:
        done = compile_(*words, **options)
        if not others:
            others.append(source)
            others[0] = programs.build(source, chosen, "x86_64", folder)  # the other run is faster
        return done

    monkeypatch.setattr(process, "run", beside)
    program = programs.build(source, chosen, "x86_64", folder)
    assert others == [program]
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"said\n"
    assert list(folder.iterdir()) == [program]
