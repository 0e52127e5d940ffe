"""Rust modules as `rkmbuild build` makes them: nothing to find, and named in Rust's words."""

import json
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.verdict import check, target
from tests import projects
from tests.cli import rkmbuild
from tests.corpus.editor import Editor

EXAMPLE = Path(__file__).parents[2] / "examples" / "hello_world"


@pytest.fixture(scope="module")
def tree(kernel: KernelTree) -> KernelTree:
    return kernel


@pytest.fixture(scope="module")
def ko(tree: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("check") / "hello_world"
    projects.make(root, "hello_world")
    for name in ("Cargo.toml", "src/lib.rs"):
        (root / name).write_bytes((EXAMPLE / name).read_bytes())
    done = rkmbuild("build", root, "--kernel", tree.release, "--json")
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["module"])


def test_there_is_nothing_to_find_but_that_it_is_out_of_tree(tree: KernelTree, ko: Path) -> None:
    verdict = check.check(ko, tree)
    assert {finding.rule.id for finding in verdict.findings} == {"unsigned", "out-of-tree"}
    assert verdict.exit_code == 0
    assert verdict.certain


def test_an_unknown_symbol_is_told_with_the_rust_item_that_asks_for_it(
    tree: KernelTree, ko: Path
) -> None:
    editor = Editor(ko.read_bytes())
    table = editor.file.symbols(editor.file.sections[editor.number(".symtab")])
    number = editor.symbol_number("_printk")
    # What the linker would have asked for before 5.15.
    broken = bytes(editor.symbol(number, name=table[number].name + 1).data)
    verdict = check.check(broken, tree)
    (found,) = (f for f in verdict.findings if f.rule.id == "symbol-unknown")
    assert found.message == "unknown symbol `printk`: nothing exports it in this kernel"
    assert "renamed in 5.15 to `_printk`" in found.way_out
    assert "rust_helper" in found.place or "::" in found.place


def test_inspect_knows_the_crates(ko: Path) -> None:
    done = rkmbuild("inspect", ko, "--json")
    assert done.returncode == 0, done.stderr
    crates = json.loads(done.stdout)["crates"]
    assert {"core", "kernel", "C"} <= set(crates)
    assert all(size > 0 for size in crates.values())


def test_a_kernel_that_knows_nothing_of_its_modules_says_what_is_unchecked(
    tree: KernelTree, ko: Path
) -> None:
    import dataclasses

    bare = dataclasses.replace(tree, modules=None, symvers=None)
    verdict = check.judge(ko.read_bytes(), target.of(bare))
    assert verdict.refusal is None
    assert any("Module.symvers" in reason for reason in verdict.unchecked)
    assert any("struct module" in reason for reason in verdict.unchecked)
