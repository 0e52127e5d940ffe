"""shellcheck finds nothing in the scripts of the checkout, and they tell what they do."""

import re

from tests.kernel_crates import ROOT, check


def test_shellcheck_finds_nothing(shellcheck: str) -> None:
    check(shellcheck, "bootstrap", ".ci/run")


def test_bootstrap_tells_of_each_of_its_jobs() -> None:
    told = re.findall(r"^  ./bootstrap ([a-z]+) ", check("./bootstrap", "help"), re.MULTILINE)
    cases = re.findall(r"^([a-z |]+)\) purpose=", (ROOT / "bootstrap").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(word for case in cases for word in case.split(" | "))


def test_each_folder_of_tests_is_a_job() -> None:
    told = check("./bootstrap", "help")
    for folder in {test.parent.name for test in (ROOT / "tests").glob("*/test_*.py")}:
        assert f"./bootstrap {folder} " in told
