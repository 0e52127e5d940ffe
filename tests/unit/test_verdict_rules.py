"""The table of rules, and what is told in the end."""

import json
import re
from pathlib import Path

import pytest

from rkmbuild.arch import architectures
from rkmbuild.arch.arch import Arch
from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.base.errors import DangerousModuleError, RefusedByKernelError, TaintingModuleError
from rkmbuild.verdict import check
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.findings import Severity, filled
from rkmbuild.verdict.rules import dangers, elf_file, kinds, notes, permission, refusals, taints
from rkmbuild.verdict.rules.table import RULES
from tests.modules import Sym, kernel, module
from tests.rule_breakers import BROKEN

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_what_it_demands_and_where_it_comes_from(rule: object) -> None:
    known = RULES[rule.id]  # type: ignore[attr-defined]
    assert known.text
    assert known.source
    assert known.way_out or known.severity is Severity.NOTE
    assert bool(known.errno) == (known.severity is Severity.REFUSED)


@pytest.mark.parametrize("rule", RULES)
def test_a_module_that_breaks_a_rule_is_told_so(rule: str, tmp_path: Path) -> None:
    made, target = BROKEN[rule]
    file = tmp_path / "broken.ko"
    file.write_bytes(bytes(made))
    verdict = check.judge_file(file, target, explain=False)
    assert rule in {finding.rule.id for finding in verdict.findings}


@pytest.mark.parametrize("arch", architectures.ALL, ids=str)
@pytest.mark.parametrize("rule", RULES)
def test_what_a_rule_names_of_an_architecture_is_known_of_every_one(rule: str, arch: Arch) -> None:
    known = RULES[rule]
    words = {**arch.rule_words, "release": "6.12.0", "name": "tiny"}
    assert all(words.values())
    for text in (known.text, known.source, known.way_out):
        assert re.search(r"\{\w*\}", filled(text, words)) is None


def test_every_rule_is_a_constant_with_the_name_of_its_id() -> None:
    modules = (permission, elf_file, refusals, taints, dangers, notes)
    constants = [name for module in modules for name in vars(module) if name[0].isupper()]
    named = {name for name in constants if name not in vars(kinds)}
    assert named == {rule.upper().replace("-", "_") for rule in RULES}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_in_the_documentation(rule: str) -> None:
    known = RULES[rule]
    text = filled(known.text, X86_64.rule_words)
    row = f"| `{rule}` | {known.severity.word} | {known.errno} | {text} |"
    assert row in (ROOT / "docs" / "check.md").read_text().splitlines()


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        (["out-of-tree", "unsigned"], 0),
        (["no-exit"], 0),
        (["proprietary", "no-exit"], TaintingModuleError.code),
        (["proprietary", "stack-frame"], DangerousModuleError.code),
        (["stack-frame", "vermagic"], RefusedByKernelError.code),
    ],
)
def test_the_worst_finding_decides_the_exit_status(findings: list[str], code: int) -> None:
    verdict = check.judge(bytes(module()), kernel(), explain=False)
    report = FindingList()
    for rule in findings:
        report.add(RULES[rule], "so")
    changed = type(verdict)(file="x", kernel="y", findings=tuple(report.findings))
    assert changed.exit_code == code


def test_a_rule_that_is_broken_a_million_times_is_told_a_thousand_times() -> None:
    report = FindingList()
    for _ in range(5000):
        report.add(refusals.SYMBOL_UNKNOWN, "so")
    assert len(report.findings) == 1000


def test_a_verdict_has_a_stable_form_as_json() -> None:
    verdict = check.judge(bytes(module().add(Sym("nobody"))), kernel(), name="x.ko")
    document = json.loads(json.dumps(verdict.document()))
    assert set(document) == {
        "file", "kernel", "module", "verdict", "loads", "certain", "errno", "needs", "findings",
        "unchecked", "exit_code",
    }  # fmt: skip
    assert (document["verdict"], document["loads"], document["errno"]) == (
        "refused", False, "ENOENT",
    )  # fmt: skip
    assert set(document["findings"][-1]) == {
        "rule", "severity", "message", "place", "way_out", "errno", "log", "source",
    }  # fmt: skip


def test_texts_have_no_words_left_to_fill_in() -> None:
    verdict = check.judge(bytes(module(vermagic="6.1 SMP")), kernel(), explain=False)
    assert verdict.refusal
    assert (
        verdict.refusal.way_out == "build it for this kernel: rkmbuild build --kernel 6.12.0-test"
    )
