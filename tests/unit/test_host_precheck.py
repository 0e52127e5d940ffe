"""Which modules are given to the running kernel, and what is said of the others."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import (
    DangerousModuleError,
    KernelError,
    MismatchError,
    RefusedByKernelError,
    UsageError,
)
from rkmbuild.host import precheck
from rkmbuild.kernel import running
from rkmbuild.ko import modinfo
from rkmbuild.verdict import target
from rkmbuild.verdict.target import Target
from tests.modules import Module, Sym, kernel, module, versions


@pytest.fixture(autouse=True)
def _running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "describe", lambda: None)
    monkeypatch.setattr(target, "running", lambda _tree: kernel())


def _read(folder: Path, made: Module) -> modinfo.Modinfo:
    (folder / "tiny.ko").write_bytes(bytes(made))
    return modinfo.read(folder / "tiny.ko")


def _importing(name: str) -> Module:
    return module().add(Sym(name)).section("__versions", data=versions(**{name: 1}))


def _let_pass(folder: Path, made: Module, *allowed: str) -> precheck.Judge:
    judge = precheck.Judge(precheck.rules(allowed))
    judge.let_pass(_read(folder, made))
    return judge


def test_notes_and_taints_are_shown_and_stop_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge = _let_pass(tmp_path, module(license="Proprietary"))
    said = capsys.readouterr().err
    assert "note: tiny: the license is `Proprietary`" in said
    assert "out-of-tree" not in said
    assert {found.rule.id for found in judge.verdicts[0].findings} >= {"proprietary", "out-of-tree"}


@pytest.mark.parametrize(
    ("made", "rule", "failure"),
    [
        (module(vermagic="6.1.0 SMP"), "vermagic", MismatchError),
        (_importing("no_such_thing"), "symbol-unknown", RefusedByKernelError),
        (module(retpoline="-"), "no-retpoline", DangerousModuleError),
    ],
)
def test_what_would_be_refused_or_is_dangerous_passes_only_by_the_name_of_its_rule(
    made: Module,
    rule: str,
    failure: type[Exception],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(failure, match=rf"\[{rule}\]") as caught:
        _let_pass(tmp_path, made)
    assert f"--allow {rule}`" in str(getattr(caught.value, "hint", ""))
    with pytest.raises(failure):
        _let_pass(tmp_path, made, "unsigned")
    _let_pass(tmp_path, made, rule)
    assert f"[{rule}], allowed" in capsys.readouterr().err


def test_the_one_that_is_replaced_is_not_in_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: Target = kernel().having("tiny", ())
    monkeypatch.setattr(target, "running", lambda _tree: known)
    found = _read(tmp_path, module())
    with pytest.raises(RefusedByKernelError, match="already-there"):
        precheck.Judge(frozenset()).let_pass(found)
    precheck.Judge(frozenset()).let_pass(found, replaced=True)


def test_a_kernel_that_cannot_be_judged_for_is_said_and_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unknown(_tree: object) -> Target:
        raise KernelError("modules for aarch64 cannot be judged")

    monkeypatch.setattr(target, "running", unknown)
    assert _let_pass(tmp_path, module(vermagic="6.1.0 SMP")).verdicts == []
    assert "not checked before loading: modules for aarch64" in capsys.readouterr().err


def test_a_rule_that_there_is_not_is_an_error() -> None:
    with pytest.raises(UsageError, match="no rule `vermagik`") as caught:
        precheck.rules(["vermagik"])
    assert "did you mean `vermagic`?" in str(caught.value.hint)
    with pytest.raises(UsageError) as caught:
        precheck.rules(["zzz"])
    assert caught.value.hint == "`rkmbuild check --rules` lists them"
