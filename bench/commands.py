"""What commands other than `build` cost: rows of `bench.build`, one function each, in `ROWS`."""

import shutil
import sys
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

from bench import measure
from bench.measure import Row
from rkmbuild.base import paths, process
from rkmbuild.guest import accel
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.verdict import batch

TOOL = (sys.executable, "-m", "rkmbuild")
_MODULES = 4000
_UNTIL_IT_GOES_ON = 3
_EXAMPLE = paths.data("examples") / "hello_world"
_LOG_BYTES = 10_000_000
_LOGS = Path(__file__).parents[1] / "tests" / "data" / "logs"


class Commands:
    """What the commands work on, in a folder of its own."""

    def __init__(
        self, folder: Path, tree: KernelTree, env: Mapping[str, str], rounds: int, large_rounds: int
    ) -> None:
        """Keep all that is asked for.

        Args:
            folder: An empty folder.
            tree: A kernel whose modules are at hand.
            env: What rkmbuild runs with.
            rounds: Runs of a command that is done in moments.
            large_rounds: Runs of one that is not.
        """
        self.folder, self.tree = folder, tree
        self.env = {**env, accel.VARIABLE: "tcg"}
        self.rounds, self.large_rounds = rounds, large_rounds

    def module(self) -> Path:
        """Return a project of its own, the same one each time."""
        project = self.folder / "hello_world"
        if not project.exists():
            shutil.copytree(_EXAMPLE, project, ignore=shutil.ignore_patterns("target"))
        return project

    def warm(self, *words: str | Path) -> None:
        """Run a command until its guest's kernel has booted, was kept, and goes on."""
        for _ in range(_UNTIL_IT_GOES_ON):
            self.seconds(*words)

    def seconds(self, *words: str | Path) -> float:
        """Run a command of ours, whatever its verdict; return the seconds that took."""
        return self.plain([*TOOL, *words])

    def plain(self, command: list[str | Path]) -> float:
        """Run another command."""
        done = process.run(
            command, doing="measuring a command", env=self.env, cwd=self.folder, success=range(256)
        )
        return done.seconds


def version(at: Commands) -> Row:
    """`rkmbuild --version`: what every command costs at least."""
    ours = tuple(at.seconds("--version") for _ in range(at.rounds * 2))
    return Row(name="--version", unit="s", ours=ours, most=0.15)


def help_(at: Commands) -> Row:
    """`rkmbuild --help`, which loads every command's module and what lays its page out."""
    ours = tuple(at.seconds("--help") for _ in range(at.rounds * 2))
    return Row(name="--help", unit="s", ours=ours)


def check(at: Commands) -> Row:
    """`check` of as many modules as a distribution's kernel has, beside modinfo of them."""
    assert at.tree.modules
    folder = at.folder / "modules"
    listed = []
    found = batch.files([at.tree.modules / "kernel"])
    for number in range(_MODULES):
        file = found[number % len(found)]
        link = folder / str(number // len(found)) / file.relative_to(at.tree.modules)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
        listed.append(link)
    words = ("check", folder, "--kernel", at.tree.build, "--json")
    ours, plain = measure.alternating(
        at.large_rounds, lambda: at.seconds(*words), lambda: at.plain(["/sbin/modinfo", *listed])
    )
    shutil.rmtree(folder)
    return Row(
        name=f"check of {_MODULES} modules", unit="s", ours=ours, plain=plain,
        note=f"of {at.tree.release}, {len(found)} different ones; plain tools: modinfo, which only "
        "reads their fields",
    )  # fmt: skip


def decode(at: Commands) -> Row:
    """`decode` of a long log: recorded crashes, one boot after the other."""
    recorded = sorted(_LOGS.glob("*.txt"))
    log = at.folder / "log"
    with log.open("wb") as out:
        for number in count():
            if out.tell() >= _LOG_BYTES:
                break
            out.write(recorded[number % len(recorded)].read_bytes())
    ours = tuple(at.seconds("decode", log) for _ in range(at.large_rounds))
    log.unlink()
    return Row(name=f"decode of {_LOG_BYTES / 1e6:g} MB", unit="s", ours=ours)


def run(at: Commands) -> Row:
    """`run` of a module that is built, under TCG."""
    words = ("run", at.module(), "--kernel", at.tree.build)
    at.warm(*words)
    ours = tuple(at.seconds(*words) for _ in range(at.rounds))
    return Row(name="run of a built module, TCG", unit="s", ours=ours, most=1.5)


def test(at: Commands) -> Row:
    """`test` of hello_world after an edit: two modules are built, and a guest runs them."""
    project = at.module()
    words = ("test", project, "--kernel", at.tree.build)
    at.warm(*words)

    def edited() -> float:
        measure.edit_a_line(project)
        return at.seconds(*words)

    ours = tuple(edited() for _ in range(at.rounds))
    return Row(name="test after an edit, TCG", unit="s", ours=ours, most=2.0)


QUICK = (version, help_, run, test)
"""What is done in moments."""
ROWS: tuple[Callable[[Commands], Row], ...] = (*QUICK, check, decode)
"""In the order of the table. The overhead of a fleet over its machines' own work goes here."""
