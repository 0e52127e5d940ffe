"""shellcheck finds nothing in the scripts of the checkout, and they tell what they do."""

import re
import subprocess

import pytest

from tests.kernel_crates import ROOT, check


def test_shellcheck_finds_nothing(shellcheck: str) -> None:
    check(shellcheck, "bootstrap", ".ci/run")


@pytest.mark.parametrize(("words", "status"), [(["--help"], 0), ([], 2), (["tset", "-x"], 2)])
def test_bootstrap_tells_its_jobs_and_does_nothing(words: list[str], status: int) -> None:
    script = ROOT / "bootstrap"
    done = subprocess.run([script, *words], capture_output=True, text=True, check=False)
    assert done.returncode == status
    said = done.stderr if status else done.stdout
    told = re.findall(r"^  ./bootstrap ([a-z]+) ", said, re.MULTILINE)
    assert told[:2] == ["demo", "test"]
    cases = re.findall(r"^([a-z |]+)\) purpose=", script.read_text(), re.MULTILINE)
    assert sorted(told) == sorted(word for case in cases for word in case.split(" | "))
    assert ("no job `tset`" in done.stderr) == ("tset" in words)


def test_each_folder_of_tests_is_a_job() -> None:
    told = check("./bootstrap", "help")
    for folder in {test.parent.name for test in (ROOT / "tests").glob("*/test_*.py")}:
        assert f"./bootstrap {folder} " in told
