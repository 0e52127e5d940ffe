"""`rkmbuild check` and `rkmbuild inspect`, as their users meet them."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rkmbuild.base.errors import KernelError, NotAModuleError, UsageError
from rkmbuild.cli import app
from rkmbuild.commands import check as command
from rkmbuild.kernel import find
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.ko import elf
from rkmbuild.verdict import target
from rkmbuild.verdict.check import judge
from rkmbuild.verdict.rules.table import RULES
from tests.modules import AX, WA, A, Sec, Sym, kernel, module

_target = command._target
# endbr64; sub $12288, %rsp; int3
HUGE_FRAME = bytes.fromhex("f30f1efa 4881ec00300000 cc")


@pytest.fixture(autouse=True)
def _one_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_target", lambda _spec, _paths, *, running: kernel())  # noqa: ARG005
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


def test_a_kernel_newer_than_those_that_were_compared_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ko = saved(tmp_path, "a.ko", bytes(module()))
    assert "the rules were compared" not in run("check", ko, ko).output
    known = json.loads(run("check", ko, "--json").stdout)
    assert (known["compared_up_to"], known["kernel_is_newer"]) == ("7.3", False)
    newer = replace(kernel(), release="99.1.0-test", version=KernelVersion(99, 1, 0))
    monkeypatch.setattr(command, "_target", lambda _spec, _paths, *, running: newer)  # noqa: ARG005
    said = run("check", ko, ko).output
    told = "the rules were compared with kernels up to 7.3, and 99.1.0-test is newer"
    assert said.count(told) == 1
    assert json.loads(run("check", ko, "--json").stdout)["kernel_is_newer"] is True


def test_a_module_that_is_refused_says_why_where_and_what_to_do(tmp_path: Path) -> None:
    broken = bytes(module(vermagic="6.12.0-test SMP"))
    result = run("check", saved(tmp_path, "a.ko", broken))
    assert result.exit_code == 40
    assert "would refuse it (ENOEXEC)" in result.stdout
    assert "the module does not have `preempt`" in result.stdout
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


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch, _one_kernel: None) -> None:
    """A machine without a kernel."""

    def none(spec: str | None) -> KernelTree:
        raise KernelError(f"no kernel for {spec}", hint="a hint")

    monkeypatch.setattr(command, "_target", _target)
    monkeypatch.setattr(find, "select", none)


@pytest.mark.usefixtures("no_kernel")
def test_without_a_kernel_what_the_file_tells_is_judged(tmp_path: Path) -> None:
    note = Sec(".note.rkmbuild", bytes(16), A, elf.SHT_NOTE, 4)
    good = saved(tmp_path, "good.ko", bytes(module(depends="one,two").add(note)))
    result = run("check", good)
    assert result.exit_code == 0
    assert "good.ko: nothing in the file itself speaks against it" in result.stdout
    assert "needs  one, two" in result.stdout
    assert "unchecked  symbols and their CRCs" in result.stdout
    assert "no kernel for None: judging by what the file alone tells" in result.stderr
    assert "note: a hint" in result.stderr
    document = json.loads(run("check", good, "--json").stdout)
    assert (document["kernel"], document["modules"][0]["kernel"]) == (None, None)


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"no module at all", 40, "kernels would refuse it (ENOEXEC)"),
        (bytes(module(staging="Y")), 42, "nothing in the file itself"),
        (bytes(module().add(Sec(".wx", b"x", WA | AX))), 40, "kernels would refuse it (ENOEXEC)"),
        (
            bytes(module().add(Sec(".text.more", HUGE_FRAME, AX, align=16))),
            41,
            "that loads it may crash",
        ),
    ],
)
def test_without_a_kernel_what_every_one_minds_is_told(
    tmp_path: Path, data: bytes, code: int, said: str
) -> None:
    result = run("check", saved(tmp_path, "a.ko", data))
    assert result.exit_code == code, result.stdout
    assert f"a.ko: {said}" in result.stdout or said in result.stdout


@pytest.mark.usefixtures("no_kernel")
def test_a_kernel_that_is_named_and_not_here_is_a_failure(tmp_path: Path) -> None:
    ko = saved(tmp_path, "a.ko", bytes(module()))
    assert isinstance(run("check", ko, "--kernel", "9.9").exception, KernelError)


def test_without_a_default_the_kernel_that_the_module_was_built_for_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def only_its_own(spec: str | None) -> KernelTree:
        asked.append(spec)
        if spec is None:
            raise KernelError("the running kernel has no headers")
        return Running()  # type: ignore[return-value]

    monkeypatch.setattr(command, "_target", _target)
    monkeypatch.setattr(find, "select", only_its_own)
    monkeypatch.setattr(target, "of", lambda _tree: kernel())
    result = run("check", saved(tmp_path, "a.ko", bytes(module())))
    assert asked == [None, "6.12.0-test"]
    assert "6.12.0-test would load it" in result.stdout
    assert "judging for 6.12.0-test, which the module was built for" in result.stderr


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

    with pytest.raises(KernelError, match="its tree was not found"):
        target.running(Tree())  # type: ignore[arg-type]


class Running:
    """The tree of the kernel that runs."""

    release = os.uname().release


def running(root: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> target.Target:
    """The running kernel, whose /proc and /sys are these files."""
    monkeypatch.setattr(target, "of", lambda _tree: kernel())
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return target.running(Running(), root=root)  # type: ignore[arg-type]


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
    files = {
        "sys/module/module/parameters/sig_enforce": f"{enforce}\n",
        "sys/kernel/security/lockdown": f"{lockdown}\n",
        "proc/modules": "tiny 16384 0 - Live 0x0000000000000000 (OE)\nloop 40960 0 - Live 0x0\n",
    }
    there = {name: text for name, text in files.items() if text.strip()}
    known = running(tmp_path, monkeypatch, **there)
    assert (known.enforced, known.locked_down) == expected
    verdict = judge(bytes(module()), known, explain=False)
    assert "already-there" in {finding.rule.id for finding in verdict.findings}


def test_a_kernel_that_takes_no_more_modules_refuses_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ = running(tmp_path, monkeypatch, **{"proc/sys/kernel/modules_disabled": "0\n"})
    assert judge(bytes(module()), open_, explain=False).refusal is None
    closed = running(tmp_path, monkeypatch, **{"proc/sys/kernel/modules_disabled": "1\n"})
    refusal = judge(bytes(module()), closed, explain=False).refusal
    assert refusal
    assert (refusal.rule.id, refusal.errno) == ("modules-disabled", "EPERM")


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("module_blacklist=other,tiny,more", True),
        ("quiet module-blacklist=tiny", True),
        ("module_blacklist=tiny module_blacklist=other", False),
        ("module_blacklist=tin,tiny2", False),
        ("quiet -- module_blacklist=tiny", False),
        ("quiet", False),
    ],
)
def test_what_the_command_line_forbids_is_refused(
    line: str, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = running(tmp_path, monkeypatch, **{"proc/cmdline": f"{line}\n"})
    verdict = judge(bytes(module()), known, explain=False)
    found = verdict.refusal
    assert (found.rule.id if found else None) == ("blacklisted" if refused else None)
    assert not found or (found.errno, found.log) == ("EPERM", "Module tiny is blacklisted")


@pytest.mark.parametrize("whose", ["its own", "a neighbour's"])
def test_what_cannot_be_read_of_a_link_is_no_reason_to_give_up(tmp_path: Path, whose: str) -> None:
    made = module(name="no name") if whose == "its own" else module(depends="beside")
    saved(tmp_path, "beside.ko", b"no module at all")
    result = run("check", saved(tmp_path, "a.ko", bytes(made.add(Sym("nobody")))))
    assert result.exit_code == 40
    assert "unknown symbol `nobody`" in result.stdout


def test_no_name_in_a_file_steers_the_terminal(tmp_path: Path) -> None:
    name = "\x1b]0;title\x07\u202e"
    made = module(description=name).add(
        Sec(name, b"abc", A), Sec(name, b"abc", A), Sym(name), Sym(f"f{name}", ".text", 0, 4, 2)
    )
    file = saved(tmp_path, "a.ko", bytes(made))
    for words in (("check", file), ("inspect", file), ("inspect", file, "-v")):
        shown = run(*words).stdout
        assert "\\x1b]0;title\\x07\\u202e" in shown
        assert "\x1b" not in shown
        assert "\x07" not in shown


def test_inspect_names_no_relocation_of_another_machine(tmp_path: Path) -> None:
    riscv = replace(module(), extra={"machine": 243})
    facts = json.loads(run("inspect", saved(tmp_path, "a.ko", bytes(riscv)), "--json").stdout)
    assert facts["relocations"] == {"4": 2, "1": 3, "2": 1}
    small = bytearray(bytes(module()))
    small[4] = 1
    result = run("inspect", saved(tmp_path, "b.ko", bytes(small)))
    assert "no ELF64 file" in str(result.exception)
