"""Measures `rkmbuild build` beside the plain tools: `python -m bench.build [--json FILE]`."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import measure
from bench.by_hand import Baseline, CModule
from bench.commands import QUICK, ROWS, TOOL, Commands
from bench.measure import Report, Row
from rkmbuild.base import paths, process
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.pipeline import pipeline
from rkmbuild.pipeline.pipeline import BuildRequest, BuildResult

_EXAMPLE = paths.data("examples") / "hello_world"


class Bench:
    """One run: a project, its plan, its twin in C, and the folder for all of it."""

    def __init__(self, folder: Path, kernel: str | None, rounds: int, cold: int) -> None:
        """Build all that is measured once, so that the cache is warm."""
        self.folder = folder
        self.rounds = rounds
        self.cold_rounds = cold
        self.project = folder / "ours" / "hello_world"
        shutil.copytree(_EXAMPLE, self.project, ignore=shutil.ignore_patterns("target"))
        request = BuildRequest(path=self.project, kernel=kernel)
        self.built: BuildResult = pipeline.build(request)
        self.plan = pipeline.prepare(request)
        self.tool = list(TOOL)
        self.baseline = Baseline(self.plan, self.built, self.scratch("by-hand"))
        self.c_module = CModule(self.plan, self.scratch("c"))
        self.baseline.crate_and_kbuild()
        self.c_module.build()

    def scratch(self, name: str) -> Path:
        """Return an empty folder."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def build_command(self) -> list[str]:
        """Return the command that is measured."""
        return [
            *self.tool,
            "build",
            str(self.project),
            "--kernel",
            str(self.plan.kernel.tree.build),
        ]

    def ours(self, command: list[str], cache: Path | None = None) -> float:
        """Run a command of ours; return the seconds that took."""
        env = self.environment(cache)
        done = process.run(command, doing="measuring rkmbuild", env=env, cwd=paths.data("crates"))
        return done.seconds

    def environment(self, cache: Path | None = None) -> dict[str, str]:
        """Return what rkmbuild runs with; `cache` where it is not the usual one."""
        here = {"PYTHONPATH": str(Path(__file__).parents[1])}
        return tool_environment(here | {"RKMBUILD_CACHE_DIR": str(cache or paths.cache_dir())})


def nothing_to_do(bench: Bench) -> Row:
    """A second build, beside make's of a C module."""
    bench.ours(bench.build_command())
    ours, plain = measure.alternating(
        bench.rounds * 2, lambda: bench.ours(bench.build_command()), bench.c_module.build
    )
    return Row(
        name="nothing to do", unit="s", ours=ours, plain=plain, ratio=0.5,
        note="plain tools: make of a C module with nothing to do",
    )  # fmt: skip


def one_line_edited(bench: Bench) -> Row:
    """A build after an edit, beside cargo and make on the same files."""

    def edited(project: Path, build: Callable[[], float]) -> Callable[[], float]:
        def run() -> float:
            measure.edit_a_line(project)
            return build()

        return run

    ours, plain = measure.alternating(
        bench.rounds,
        edited(bench.project, lambda: bench.ours(bench.build_command())),
        edited(bench.baseline.project, bench.baseline.crate_and_kbuild),
    )
    return Row(
        name="one line of Rust edited", unit="s", ours=ours, plain=plain, ratio=0.5,
        note="plain tools: cargo, then make; rkmbuild splits off the debug information as well",
    )  # fmt: skip


def clean_build(bench: Bench) -> Row:
    """A first build with a warm cache."""

    def ours() -> float:
        shutil.rmtree(bench.project / "target")
        return bench.ours(bench.build_command())

    def plain() -> float:
        bench.baseline.forget()
        return bench.baseline.crate_and_kbuild()

    figures, by_hand = measure.alternating(bench.rounds, ours, plain)
    return Row(
        name="clean build, warm cache", unit="s", ours=figures, plain=by_hand, ratio=0.7,
        note="plain tools: cargo, then make; rkmbuild has what the C was compiled to in the cache",
    )  # fmt: skip


def everything_cold(bench: Bench) -> Row:
    """A first build with an empty cache, beside its parts by hand."""

    def ours() -> float:
        shutil.rmtree(bench.project / "target")
        return bench.ours(bench.build_command(), bench.scratch("cold-cache"))

    def plain() -> float:
        hand = bench.baseline
        hand.forget()
        slower = max(hand.sysroot(bench.scratch("sysroot")), hand.bindings(bench.scratch("bound")))
        kernel = hand.kernel_crate()
        hand.forget()
        return slower + kernel + hand.crate_and_kbuild()

    figures, by_hand = measure.alternating(bench.cold_rounds, ours, plain)
    return Row(
        name="everything cold", unit="s", ours=figures, plain=by_hand, ratio=1.1,
        note="plain tools: the slower of sysroot and bindings, the kernel crate, cargo, make",
    )  # fmt: skip


def second_kernel(bench: Bench) -> Row:
    """A build for another kernel with the same configuration, in a cache that has one sysroot."""
    cache = bench.folder / "cold-cache"
    if not (cache / "sysroot").is_dir():
        bench.ours(bench.build_command(), cache)
    sysroots = sorted((cache / "sysroot").iterdir())
    figures = []
    for number in range(bench.cold_rounds):
        release = f"{bench.plan.kernel.tree.release}-second{number}"
        twin = _twin(bench, release)
        command = [*bench.tool, "build", str(bench.project), "--kernel", str(twin)]
        figures.append(bench.ours(command, cache))
        if sorted((cache / "sysroot").iterdir()) != sysroots:
            raise AssertionError("a second kernel with the same flags got a sysroot of its own")
    return Row(
        name="second kernel, same flags", unit="s", ours=tuple(figures),
        note="bindings and kernel crate are made, the sysroot is shared",
    )  # fmt: skip


def _twin(bench: Bench, release: str) -> Path:
    """Return a copy of the kernel's objtree that calls itself `release`."""
    real, source = bench.plan.kernel.tree.build, bench.plan.kernel.tree.source
    root = bench.scratch("twin")
    copy = root / "src" / real.name
    shutil.copytree(real, copy, symlinks=True)
    for neighbour in {source, *real.parent.iterdir()} - {real}:
        (copy.parent / neighbour.name).symlink_to(neighbour)
    for neighbour in set(real.parent.parent.iterdir()) - {real.parent}:
        (root / neighbour.name).symlink_to(neighbour)
    header = copy / "include" / "generated" / "utsrelease.h"
    header.unlink()
    header.write_text(f'#define UTS_RELEASE "{release}"\n')
    return copy


def memory(bench: Bench) -> list[Row]:
    """The largest process of a build, beside the largest of cargo and make; and ours alone."""
    here, env = bench.folder, bench.environment()
    shutil.rmtree(bench.project / "target")
    ours = measure.peak(bench.build_command(), env, here)
    bench.baseline.forget()
    command, cargo_env = bench.baseline.crate_command()
    rustc = measure.peak(command, cargo_env, bench.baseline.project)
    make = measure.peak(bench.baseline.make_command(), tool_environment(), here)
    alone = measure.peak(bench.build_command(), env, here)
    return [
        Row(
            name="largest process", unit="MB", ours=(ours,), plain=(max(rustc, make),), ratio=1.05,
            note="of a clean build with a warm cache",
        ),
        Row(
            name="rkmbuild's own memory", unit="MB", ours=(alone,), plain=(max(rustc, make),),
            ratio=1.0, note="of a build with nothing to do",
        ),
    ]  # fmt: skip


def size(bench: Bench) -> Row:
    """The module's size beside that of its twin in C, both without debug information."""
    ours = bench.built.module.stat().st_size / 1024
    return Row(name="hello_world.ko", unit="KB", ours=(ours,), plain=(bench.c_module.size(),))


def main() -> None:
    """Measure, print the table, write the JSON; exit 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", help="a release, a part of one, or a path")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each warm row")
    parser.add_argument("--cold-rounds", type=int, default=2, help="runs of each cold row; 0: none")
    parser.add_argument("--large-rounds", type=int, default=2, help="of each large row; 0: none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rkmbuild-bench-") as folder:
        bench = Bench(Path(folder), options.kernel, options.rounds, options.cold_rounds)
        tools = {
            "rustc": str(bench.plan.tools.rust.version),
            "kernel": bench.plan.kernel.tree.release,
        }
        report = Report(measure.machine() | tools | {"C compiler": bench.plan.tools.compiler.text})
        commands = Commands(
            bench.scratch("commands"), bench.plan.kernel.tree, bench.environment(),
            options.rounds, options.large_rounds,
        )  # fmt: skip
        for of_command in ROWS:
            if of_command in QUICK or options.large_rounds:
                report.add(of_command(commands))
        for rows in (nothing_to_do, one_line_edited, clean_build):
            report.add(rows(bench))
        if options.cold_rounds:
            report.add(everything_cold(bench))
            report.add(second_kernel(bench))
        for row in [*memory(bench), size(bench)]:
            report.add(row)
    report.show(options.json)
    sys.exit(any(row.met is False for row in report.rows))


if __name__ == "__main__":
    main()
