"""The table of docs/kernels.md: what came of the tests on each kernel, as they said it themselves.

With `--all-kernels` the table is shown at the end of a run; with RKMBUILD_UPDATE_DOCS=1 the rows of
the kernels that were tested are written to the page, and those of others stay.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.distro import distribution
from rkmbuild.kernel import fetched_kernel
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler
from tests import matrix
from tests.matrix import Tested
from tests.own_kernels import DebugKernel, OwnKernel

PAGE = Path(__file__).parents[1] / "docs" / "kernels.md"
HEADINGS = (
    "Kernel", "Release", "Suite", "Flavour", "Built by", "Compiler used", "Built", "Warnings",
    "Loaded", "Crate tests", "`check`",
)  # fmt: skip
# What tests say of a kernel, in `user_properties`.
ABOUT, FACTS = "kernel", "kernel facts"
NOT_RUN = "not run"
_OF_THE_CRATE = "tests/vm/test_crate_"
_TABLE = re.compile(rf"^\| {HEADINGS[0]} .*\n\|[-| ]+\n((?:\|.*\n)*)", re.MULTILINE)

Facts = Mapping[str, Any]


def tell(item: pytest.Item) -> None:
    """Have the reports of a test say which kernel of the matrix it ran on, if on one."""
    tested = tested_by(item)
    if tested:
        item.user_properties.append((ABOUT, tested.name))


def record(item: pytest.Item, tree: KernelTree) -> dict[str, object]:
    """Have a test tell the first cells of its kernel's row; it may add more to what is returned."""
    tested = tested_by(item)
    assert tested
    manifest = fetched_kernel.of_tree(tree.build)
    suite = manifest.suite if manifest else tested.suite
    used = c_compiler.choose("auto", tree).compiler
    facts: dict[str, object] = {
        "Kernel": tested.name,
        "Release": tree.release,
        "Suite": suite or distribution.codename() or "",
        "Flavour": tested.flavour,
        "Built by": f"{tree.compiler.kind} {'.'.join(map(str, tree.compiler.version))}",
        "Compiler used": f"{used.kind} {used.version}",
    }
    item.user_properties.append((FACTS, facts))
    return facts


def tested_by(item: pytest.Item) -> Tested | OwnKernel | DebugKernel | None:
    """Return the kernel of the matrix that a test runs on, if it is one for each."""
    callspec = getattr(item, "callspec", None)
    tested = callspec.params.get("kernel") if callspec else None
    return tested if isinstance(tested, Tested | OwnKernel | DebugKernel) else None


class KernelTable:
    """Gathers what tests say of kernels; under xdist, where the reports of all workers come."""

    def __init__(self) -> None:
        self._facts: dict[str, dict[str, Any]] = defaultdict(dict)
        self._crate: dict[str, dict[str, bool]] = defaultdict(dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        name = properties.get(ABOUT)
        if not isinstance(name, str):
            return
        facts = properties.get(FACTS)
        if isinstance(facts, dict):
            self._facts[name] |= facts
        if report.nodeid.startswith(_OF_THE_CRATE) and not report.skipped:
            # What fails in its fixtures, or after it passed, did not pass.
            passed = self._crate[name].get(report.nodeid, True) and report.passed
            self._crate[name][report.nodeid] = passed

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        rows = {}
        for tested in matrix.EVERY:
            cells = row(self._facts[tested.name], [*self._crate[tested.name].values()])
            if cells:
                rows[tested.name] = cells
        if not rows:
            return
        terminalreporter.section("kernels")
        for line in lines(rows.values()):
            terminalreporter.write_line(line)
        if os.environ.get("RKMBUILD_UPDATE_DOCS"):
            PAGE.write_text(updated(PAGE.read_text(), rows))


def row(facts: Facts, crate: Sequence[bool]) -> list[str] | None:
    """Return the cells of a row, or None where hello_world was not tried on a kernel."""
    cells = dict(facts)
    if crate:
        cells["Crate tests"] = f"{sum(crate)}/{len(crate)}"
    if "Loaded" not in cells:
        return None
    return [str(cells.get(heading, NOT_RUN)) for heading in HEADINGS]


def lines(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table in Markdown, a line each."""
    ruler = ["-" * len(heading) for heading in HEADINGS]
    return [f"| {' | '.join(cells)} |" for cells in (HEADINGS, ruler, *rows)]


def rows_of(page: str) -> dict[str, list[str]]:
    """Return the rows of the table in a page, by the name of their kernel."""
    table = _TABLE.search(page)
    assert table, "the page has no table of kernels"
    rows = [line.strip("| ").split(" | ") for line in table[1].splitlines()]
    return {cells[0]: cells for cells in rows}


def updated(page: str, rows: dict[str, list[str]]) -> str:
    """Return the page with these rows in place of older ones, in the order of the matrix.

    What was not run this time stays as it was.
    """
    older = rows_of(page)
    there = older | {name: _over(cells, older.get(name, cells)) for name, cells in rows.items()}
    names = [tested.name for tested in matrix.EVERY if tested.name in there]
    text = "".join(f"{line}\n" for line in lines(there[name] for name in names))
    return _TABLE.sub(lambda _: text, page)


def _over(cells: Sequence[str], older: Sequence[str]) -> list[str]:
    return [old if cell == NOT_RUN else cell for cell, old in zip(cells, older, strict=True)]
