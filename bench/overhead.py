"""Measures what safety costs: `python -m bench.overhead [--json FILE] [--kernel 6.12]`.

One piece of code is written three times, in C, in Rust on bare bindings, and in Rust through the
safe API (bench/three_ways). A module measures each in a guest that counts instructions.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench import machine_code
from bench.machine_code import Code
from rkmbuild.base import console
from rkmbuild.base.errors import CrashedError
from rkmbuild.guest import boot
from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import pipeline
from rkmbuild.pipeline.pipeline import BuildRequest, BuildResult

WAYS = ("c", "bare", "safe")
GOALS = {"bare": 1.00, "safe": 1.01}
"""Instructions of a way over those of C, at most."""
SPREAD = 0.003
"""How far apart runs may be, over their median."""

_PROJECT = Path(__file__).parent / "three_ways"
_NOTHING = "nothing"
_LINE = re.compile(
    r"(?:.*: )?measured (?P<operation>\w+) (?P<way>\w+): (?P<took>\d+) in (?P<rounds>\d+) rounds, "
    r"result (?P<result>\d+)"
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One operation in one way.

    Attributes:
        operation: What is done.
        way: How: one of WAYS.
        runs: Instructions that it takes, in each boot, without those of the loop around it.
        result: What it gave, in words of the module: the same in each way.
    """

    operation: str
    way: str
    runs: tuple[float, ...]
    result: int

    @property
    def instructions(self) -> float:
        """The median of the runs."""
        return median(self.runs)

    @property
    def spread(self) -> float:
        """The distance of the outermost runs, over the median."""
        return (max(self.runs) - min(self.runs)) / self.instructions


def project_in(folder: Path, release: Sequence[str] = ()) -> Path:
    """Return a copy of the module's project, below an empty folder.

    Args:
        folder: The folder.
        release: Lines of the profile that it is built with.
    """
    copy = folder / _PROJECT.name
    shutil.copytree(_PROJECT, copy, ignore=shutil.ignore_patterns("target"))
    with (copy / "Cargo.toml").open("a") as manifest:
        manifest.write("\n".join(["", "[profile.release]", *release, ""]))
    return copy


def count(module: Path, tree: KernelTree) -> list[str]:
    """Load the module in a guest that counts instructions; return what it says.

    Raises:
        CrashedError: it does not come to its end.
        MachineError: there is no guest.
    """
    script = ("insmod /three_ways.ko", "rmmod three_ways")
    files = {"three_ways.ko": module}
    result = boot.boot(tree, files=files, script=script, counting=True, timeout=120)
    said = [message.text for message in result.printed()]
    if result.outcome is not Outcome.FINISHED or result.statuses != (0, 0) or result.troubles:
        raise CrashedError(f"{module.name} does not come to its end", output="\n".join(said))
    return said


def read(boots: Sequence[Iterable[str]]) -> list[Measured]:
    """Return what the module said in some boots: by operation, as it says them, and by way.

    Raises:
        ValueError: a way gave something else than another, or in another boot.
    """
    took: dict[tuple[str, str], list[float]] = {}
    results: dict[str, set[int]] = {}
    for said in boots:
        for match in filter(None, map(_LINE.fullmatch, said)):
            name, way = match["operation"], match["way"]
            took.setdefault((name, way), []).append(int(match["took"]) / int(match["rounds"]))
            if way != _NOTHING:
                results.setdefault(name, set()).add(int(match["result"]))
    for name, given in results.items():
        if len(given) != 1:
            raise ValueError(f"{name} gives {', '.join(map(str, sorted(given)))}")
    return [
        Measured(
            operation=name,
            way=way,
            runs=tuple(
                whole - loop
                for whole, loop in zip(took[name, way], took[name, _NOTHING], strict=True)
            ),
            result=next(iter(results[name])),
        )
        for name in results
        for way in WAYS
    ]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One operation in all ways, with the machine code of each."""

    operation: str
    ways: Mapping[str, Measured]
    code: Mapping[str, Code]

    def ratio(self, way: str) -> float:
        """Return a way's instructions over those of C, to a thousandth."""
        return round(self.ways[way].instructions / self.ways["c"].instructions, 3)

    def meets(self, way: str) -> bool:
        """Tell whether a way meets its goal."""
        return self.ratio(way) <= GOALS[way]

    def cells(self) -> list[str]:
        """Return the row as the table shows it."""
        cells = [self.operation, f"{self.ways['c'].instructions:.1f}"]
        for way in GOALS:
            missed = "" if self.meets(way) else " MISSED"
            cells += [f"{self.ways[way].instructions:.1f}", f"{self.ratio(way):.3f}{missed}"]
        cells.append(" / ".join(str(self.code[way].size) for way in WAYS))
        cells.append(" / ".join(str(self.code[way].stack) for way in WAYS))
        return cells


_COLUMNS = ("what", "C", "bare", "ratio", "safe", "ratio", "bytes of text", "stack")


def rows(measured: Iterable[Measured], code: Mapping[tuple[str, str], Code]) -> list[Row]:
    """Return the rows of the table."""
    ways: dict[str, dict[str, Measured]] = {}
    for each in measured:
        ways.setdefault(each.operation, {})[each.way] = each
    return [
        Row(
            operation=name,
            ways=found,
            code={way: code[machine_code.PARTS.get(name, name), way] for way in WAYS},
        )
        for name, found in ways.items()
    ]


def document(table: Iterable[Row], built: BuildResult) -> dict[str, object]:
    """Return all as JSON."""
    found = [
        {
            "operation": row.operation,
            "result": row.ways["c"].result,
            "ways": {
                way: {
                    "instructions": list(row.ways[way].runs),
                    **asdict(row.code[way]),
                    **({"ratio": row.ratio(way), "met": row.meets(way)} if way in GOALS else {}),
                }
                for way in WAYS
            },
        }
        for row in table
    ]
    return {"schema": 1, "kernel": built.tree.release, "goals": GOALS, "rows": found}


def main() -> None:
    """Measure, print the table, write the JSON; exit 1 if a goal is missed or runs differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", default="6.12", help="a release, a part of one, or a path")
    parser.add_argument("--boots", type=int, default=3, help="how often it is measured")
    parser.add_argument(
        "--release", action="append", default=[], metavar="LINE",
        help="a line of the profile that it is built with, as `codegen-units = 1`",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rkmbuild-bench-") as folder:
        project = project_in(Path(folder), options.release)
        built = pipeline.build(BuildRequest(path=project, kernel=options.kernel))
        found = read([count(built.module, built.tree) for _ in range(options.boots)])
        table = rows(found, machine_code.read(built.module))
        if options.json:
            options.json.write_text(json.dumps(document(table, built), indent=2) + "\n")
    console.line(f"kernel: {built.tree.release}")
    console.table(_COLUMNS, [row.cells() for row in table])
    spread = max(each.spread for each in found)
    console.line(f"runs differ by {spread:.2%} at most, over {options.boots} boots")
    sys.exit(spread > SPREAD or not all(row.meets(way) for row in table for way in GOALS))


if __name__ == "__main__":
    main()
