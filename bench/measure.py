"""How figures are taken: alternating runs, medians, peak memory, and what machine it was."""

import json
import os
import platform
import re
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rkmbuild.base import console, process

# Runs its arguments and prints the largest resident set, in kilobytes, of all processes below it:
# a child of its own, so that nothing that ran before counts.
_PEAK = """\
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""

# A line that the example prints.
_MARK = "Hello kernel module!"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure, ours and the plain tools'.

    Attributes:
        name: What was done.
        unit: Of both figures: `s`, `MB`, `KB`.
        ours: Each of our runs.
        plain: Each run of the plain tools; empty where there is nothing to compare with.
        most: The largest median that meets the goal, or None.
        ratio: The largest ratio of the medians that meets the goal, or None.
        note: What else there is to know.
    """

    name: str
    unit: str
    ours: tuple[float, ...]
    plain: tuple[float, ...] = ()
    most: float | None = None
    ratio: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The median of our runs."""
        return statistics.median(self.ours)

    @property
    def plain_median(self) -> float | None:
        """The median of the plain tools' runs."""
        return statistics.median(self.plain) if self.plain else None

    @property
    def quotient(self) -> float | None:
        """Our median over the plain tools'."""
        return self.median / self.plain_median if self.plain_median else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        verdicts = []
        if self.most is not None:
            verdicts.append(self.median <= self.most)
        if self.ratio is not None and self.quotient is not None:
            verdicts.append(self.quotient <= self.ratio)
        return all(verdicts) if verdicts else None

    def cells(self) -> list[str]:
        """Return the row as the table shows it."""
        goal = [f"≤ {self.most:g} {self.unit}"] if self.most is not None else []
        goal += [f"≤ {self.ratio:g}x"] if self.ratio is not None else []
        return [
            self.name,
            f"{self.median:.2f} {self.unit}",
            f"{self.plain_median:.2f} {self.unit}" if self.plain_median is not None else "",
            f"{self.quotient:.2f}x" if self.quotient is not None else "",
            ", ".join(goal),
            {True: "met", False: "MISSED", None: ""}[self.met],
        ]


@dataclass
class Report:
    """All figures of one run."""

    machine: Mapping[str, str]
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Add a row, and say so."""
        self.rows.append(row)
        sys.stderr.write("  ".join(cell for cell in row.cells() if cell) + "\n")

    def document(self) -> dict[str, object]:
        """Return all as JSON."""
        rows = [
            asdict(row) | {"median": row.median, "quotient": row.quotient, "met": row.met}
            for row in self.rows
        ]
        return {"machine": dict(self.machine), "rows": rows}

    def show(self, file: Path | None) -> None:
        """Print the table, and write the JSON."""
        for name, value in self.machine.items():
            console.line(f"{name}: {value}")
        columns = ["what", "rkmbuild", "plain tools", "ratio", "goal", ""]
        console.table(columns, [row.cells() for row in self.rows])
        for row in self.rows:
            if row.note:
                console.line(f"{row.name}: {row.note}")
        if file:
            file.write_text(json.dumps(self.document(), indent=2) + "\n")


def edit_a_line(project: Path) -> None:
    """Change one line of the example, to another one each time."""
    source = project / "src" / "lib.rs"
    text = source.read_text()
    count = int(re.findall(rf"{_MARK} ?(\d*)", text)[0] or 0)
    source.write_text(re.sub(rf"{_MARK}( \d+)?", f"{_MARK} {count + 1}", text))


def alternating(
    rounds: int, ours: Callable[[], float], plain: Callable[[], float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return what both give, called in turns, so that a busy moment meets both."""
    pairs = [(ours(), plain()) for _ in range(rounds)]
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def peak(argv: Sequence[str | os.PathLike[str]], env: Mapping[str, str], cwd: Path) -> float:
    """Return the largest resident set, in MB, of any one process that the command starts."""
    command = [sys.executable, "-c", _PEAK, *argv]
    done = process.run(command, doing="measuring memory", env=env, cwd=cwd)
    return int(done.stdout) / 1024


def machine() -> dict[str, str]:
    """Return what the figures depend on, without a word about whose machine it is."""
    memory = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    model = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "unknown",
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "Linux"),
        "Python": platform.python_version(),
    }
