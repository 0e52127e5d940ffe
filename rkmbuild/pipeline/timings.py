"""Where a build's time went: a table, and a page that needs nothing but itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rkmbuild.base import cache, console, files, paths
from rkmbuild.base.render import render
from rkmbuild.pipeline.stages import StageTime

if TYPE_CHECKING:
    from rkmbuild.pipeline.pipeline import BuildResult


def show_table(stages: Sequence[StageTime]) -> None:
    """Print the stages with their start and length in seconds."""
    rows = [(stage.name, f"{stage.start:.2f}", f"{stage.seconds:.2f}") for stage in stages]
    console.table(("stage", "start (s)", "length (s)"), rows)


def write_page(result: "BuildResult", page: Path) -> None:
    """Write the page: one bar a stage, placed by when it started."""
    total = max(stage.start + stage.seconds for stage in result.stages)
    values = {
        "module": result.module.name,
        "release": result.tree.release,
        "total": total,
        "stages": [
            {
                "name": stage.name,
                "start": stage.start,
                "seconds": stage.seconds,
                "left": 100 * stage.start / total,
                "width": max(100 * stage.seconds / total, 0.2),
            }
            for stage in result.stages
        ],
    }
    text = render(paths.data("templates") / "timings" / "timings.html", values)
    with cache.writing(page):
        files.write(page, text)
