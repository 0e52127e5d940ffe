"""Every module of a kernel's own package: taken by that kernel, and by no other one."""

import json
import time
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.verdict import batch, target
from rkmbuild.verdict.findings import Severity, Verdict
from tests import matrix
from tests.cli import rkmbuild

# What the loader could say first of a module for another series.
FOREIGN = {"this-module", "modversions", "vermagic"}
# Notes that are true of some of the kernel's own modules.
TRUE_NOTES = {"no-exit", "fpu-used", "large-frame", "recursion", "freed-code-kept"}


def modules(tree: KernelTree) -> list[Path]:
    assert tree.modules
    found = batch.files([tree.modules / "kernel"])
    assert len(found) > 1000
    return found


def judged(tree: KernelTree, paths: list[Path]) -> list[Verdict]:
    return list(batch.judge(paths, target.of(tree), explain=False))


@pytest.fixture(scope="module", params=matrix.ALWAYS, ids=matrix.NAMES)
def tested(request: pytest.FixtureRequest) -> matrix.Tested:
    found: matrix.Tested = request.param
    return found


@pytest.fixture(scope="module")
def tree(tested: matrix.Tested) -> KernelTree:
    return matrix.get(tested)


@pytest.fixture(scope="module")
def other(tested: matrix.Tested) -> KernelTree:
    return matrix.get(matrix.other_than(tested))


def takes_every_one_of_its_own(tree: KernelTree, true_notes: set[str]) -> None:
    paths = modules(tree)
    started = time.monotonic()
    verdicts = judged(tree, paths)
    each = (time.monotonic() - started) / len(paths)
    print(f"{len(paths)} modules judged for {tree.release}, {each * 1000:.1f} ms of wall time each")
    worse = [
        (verdict.file, finding.rule.id, finding.message)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.rule.id not in true_notes
    ]
    assert worse == []


def test_a_kernel_takes_every_module_of_its_own(tree: KernelTree) -> None:
    takes_every_one_of_its_own(tree, TRUE_NOTES)


@pytest.mark.slow
@pytest.mark.parametrize("tested", matrix.ORDINARY, ids=matrix.NAMES)
def test_the_ordinary_flavour_takes_every_module_of_its_own(tested: matrix.Tested) -> None:
    """Some four times as many as the flavour for clouds has, some of them from staging."""
    takes_every_one_of_its_own(matrix.get(tested), TRUE_NOTES | {"staging"})


def test_a_kernel_refuses_every_module_of_another_one(tree: KernelTree, other: KernelTree) -> None:
    for verdict in judged(tree, modules(other)):
        refusal = verdict.refusal
        assert refusal, verdict.file
        assert refusal.rule.id in FOREIGN, (verdict.file, refusal)
        assert refusal.errno == "ENOEXEC"
        assert verdict.certain, verdict.file


def test_what_differs_is_said_as_the_loader_of_each_series_says_it(
    tree: KernelTree, other: KernelTree
) -> None:
    said = {
        verdict.refusal.rule.id for verdict in judged(tree, modules(other)[:20]) if verdict.refusal
    }
    sizes = {known.struct_module for known in map(target.of, (tree, other)) if known.struct_module}
    differ = len({layout.size for layout in sizes}) > 1
    # 6.12 compares the size of struct module before it looks at CRCs; 6.1 has only the CRC.
    later = {"this-module"} if differ else {"vermagic"}
    assert said == ({"modversions"} if tree.release.startswith("6.1.") else later)


def test_the_command_judges_a_whole_folder(tree: KernelTree) -> None:
    assert tree.modules
    folder = tree.modules / "kernel" / "lib"
    done = rkmbuild("check", folder, "--kernel", tree.release, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["kernel"] == tree.release
    assert len(document["modules"]) == len(batch.files([folder]))
    assert {module["verdict"] for module in document["modules"]} == {"loads"}
    shown = rkmbuild("check", folder, "--kernel", tree.release)
    assert (
        f"{len(document['modules'])} modules: {len(document['modules'])} would load" in shown.stdout
    )


def test_the_command_says_what_another_kernel_lacks(tree: KernelTree, other: KernelTree) -> None:
    ko = next(path for path in modules(other) if path.name.startswith("raid1."))
    done = rkmbuild("check", ko, "--kernel", tree.release)
    assert done.returncode == 40
    assert f"{tree.release} would refuse it (ENOEXEC)" in done.stdout
    assert f"built for {other.release}" in done.stdout
    assert "renamed in 6." in done.stdout or "before 6." in done.stdout
    assert Severity.REFUSED.word in done.stdout


def test_inspect_names_who_provides_what(tree: KernelTree) -> None:
    ko = next(path for path in modules(tree) if path.name.startswith("raid1."))
    done = rkmbuild("inspect", ko, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["modinfo"]["name"] == ["raid1"]
    assert "drivers/md/md-mod" in facts["imports"]
    assert "_printk" in facts["imports"]["vmlinux"]
    assert sum(facts["crates"].values()) == sum(f["size"] for f in facts["functions"])
    shown = rkmbuild("inspect", ko)
    assert "Largest functions" in shown.stdout
    assert "Imports from drivers/md/md-mod" in shown.stdout
