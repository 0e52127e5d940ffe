"""Steps that run now, on a terminal: a spinner and a clock for each, gone when the step is over."""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class RunningSteps:
    """The steps of this process; several threads may begin and end them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._running = 0

    def begin(self, verb: str, text: str) -> "TaskID":
        """Show a step."""
        with self._lock:
            if self._progress is None:
                self._progress = _progress()
                self._progress.start()
            self._running += 1
            return self._progress.add_task(text, verb=f"{verb:>12}")

    def end(self, step: "TaskID") -> None:
        """Show a step no more."""
        with self._lock:
            if self._progress is None:
                return
            self._progress.remove_task(step)
            self._running -= 1
            if not self._running:
                self._progress.stop()
                self._progress = None

    def say(self, text: str) -> bool:
        """Write a line above the steps; False where none is shown and the caller can write."""
        with self._lock:
            if self._progress is None:
                return False
            from rich.text import Text  # noqa: PLC0415 - loaded already, where a step is shown

            self._progress.console.print(Text.from_ansi(text), soft_wrap=True)
            return True


def _progress() -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - 40 ms that only a long step needs
    from rich.progress import (  # noqa: PLC0415
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        TextColumn("[bold green]{task.fields[verb]}"),
        TextColumn("{task.description}", markup=False),
        SpinnerColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, highlight=False),
        transient=True,
    )
