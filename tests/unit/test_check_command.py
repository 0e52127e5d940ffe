"""`rkmbuild check` and `rkmbuild inspect`, as their users meet them."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rkmbuild.cli import app
from rkmbuild.commands import check as command
from rkmbuild.errors import KernelError, NotAModuleError, UsageError
from rkmbuild.kernel import find
from rkmbuild.module import target
from rkmbuild.module.check import judge
from rkmbuild.module.rules import RULES
from tests.modules import Sym, kernel, module


@pytest.fixture(autouse=True)
def _one_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_target", lambda _spec, *, running: kernel())  # noqa: ARG005
    monkeypatch.setattr(find, "find_kernels", list)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def saved(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def test_a_module_that_loads_is_told_so(tmp_path: Path) -> None:
    result = run("check", saved(tmp_path, "a.ko", bytes(module())))
    assert result.exit_code == 0
    assert "a.ko: 6.12.0-test would load it" in result.stdout
    assert "[out-of-tree]" in result.stdout


def test_a_module_that_is_refused_says_why_where_and_what_to_do(tmp_path: Path) -> None:
    broken = bytes(module(vermagic="6.12.0-test SMP"))
    result = run("check", saved(tmp_path, "a.ko", broken))
    assert result.exit_code == 40
    assert "would refuse it (ENOEXEC)" in result.stdout
    assert "the module lacks `preempt`" in result.stdout
    assert "help: build it for this kernel: rkmbuild build --kernel 6.12.0-test" in result.stdout


def test_the_worst_of_several_decides_and_all_are_counted(tmp_path: Path) -> None:
    saved(tmp_path, "a.ko", bytes(module()))
    saved(tmp_path, "b.ko", bytes(module(staging="Y")))
    saved(tmp_path, "c.ko", bytes(module().add(Sym("nobody"))))
    saved(tmp_path, "d.ko", b"no module at all")
    result = run("check", tmp_path)
    assert result.exit_code == 40
    assert "4 modules: 1 would load, 2 refused, 1 tainting" in result.stdout


def test_the_verdicts_are_one_json_document(tmp_path: Path) -> None:
    result = run("check", saved(tmp_path, "a.ko", bytes(module(test="Y"))), "--json")
    document = json.loads(result.stdout)
    assert (document["kernel"], document["exit_code"]) == ("6.12.0-test", 42)
    assert document["modules"][0]["verdict"] == "taints"
    assert result.exit_code == 42


def test_the_rules_are_listed_with_their_source() -> None:
    shown = run("check", "--rules").stdout
    listed = json.loads(run("check", "--rules", "--json").stdout)
    assert [row["rule"] for row in listed] == list(RULES)
    assert all(rule in shown for rule in RULES)


def test_no_module_is_a_wrong_use() -> None:
    assert isinstance(run("check").exception, UsageError)


@pytest.mark.parametrize("what", ["missing.ko", "empty-folder"])
def test_what_is_not_there_is_no_module(tmp_path: Path, what: str) -> None:
    (tmp_path / "empty-folder").mkdir()
    assert isinstance(run("check", tmp_path / what).exception, NotAModuleError)


def test_inspect_shows_what_is_in_a_module(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.ko", bytes(module()))
    shown = run("inspect", file).stdout
    for part in ("license", "GPL", ".init.text", "init_module", "Imports from", "_printk", "PLT32"):
        assert part in shown
    facts = json.loads(run("inspect", file, "--json").stdout)
    assert facts["imports"] == {"?": ["__x86_return_thunk", "_printk"]}
    assert facts["crates"] == {"C": 24}
    assert facts["relocations"] == {"PLT32": 2, "64": 3, "PC32": 1}


def test_inspect_says_what_is_no_module(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.ko", b"#!/bin/sh\n" * 10)
    assert isinstance(run("inspect", file).exception, NotAModuleError)


def test_a_kernel_that_does_not_run_is_not_the_running_one() -> None:
    class Tree:
        release = "0.1-none"

    with pytest.raises(KernelError, match="no tree of it is here"):
        target.running(Tree())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("enforce", "lockdown", "expected"),
    [
        ("N", "[none] integrity confidentiality", (False, False)),
        ("Y", "none [integrity] confidentiality", (True, True)),
        ("N", "none integrity [confidentiality]", (False, True)),
        ("N", "", (False, False)),
    ],
)
def test_the_running_kernel_is_judged_with_what_it_enforces_and_has_loaded(
    enforce: str,
    lockdown: str,
    expected: tuple[bool, bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Tree:
        release = os.uname().release

    files = {
        "sys/module/module/parameters/sig_enforce": f"{enforce}\n",
        "sys/kernel/security/lockdown": f"{lockdown}\n",
        "proc/modules": "tiny 16384 0 - Live 0x0000000000000000 (OE)\nloop 40960 0 - Live 0x0\n",
    }
    for name, text in files.items():
        if text.strip():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    monkeypatch.setattr(target, "of", lambda _tree: kernel())
    known = target.running(Tree(), root=tmp_path)  # type: ignore[arg-type]
    assert (known.enforced, known.locked_down) == expected
    verdict = judge(bytes(module()), known, explain=False)
    assert "already-there" in {finding.rule.id for finding in verdict.findings}
