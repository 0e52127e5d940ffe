"""Each document of `--json` tells by which rules it is to be read."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from rkmbuild.base import console
from rkmbuild.base.errors import KernelError
from rkmbuild.cli import app


def printed(*words: str) -> Any:
    return json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)


@pytest.mark.usefixtures("empty_cache")
@pytest.mark.parametrize("words", [["clean", "--list"], ["kernel", "list"]])
def test_a_document_has_the_number_first(words: list[str]) -> None:
    assert next(iter(printed(*words).items())) == ("schema", 1)


def test_a_failure_has_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    console.configure(as_json=True)
    console.error(KernelError("there is none"))
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["error"]["kind"] == "kernel"


def test_a_list_stays_one_and_each_of_its_elements_has_it() -> None:
    rules = printed("check", "--rules")
    assert isinstance(rules, list)
    assert {rule["schema"] for rule in rules} == {1}


def test_a_document_whose_keys_are_names_has_none_beside_them() -> None:
    assert "hello" in printed("new", "--list")
    assert "schema" not in printed("new", "--list")
