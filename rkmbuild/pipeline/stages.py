"""Stages of a build: which ran, when, and for how long."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from rkmbuild.base import cache, console, process

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class StageTime:
    """One stage that ran.

    Attributes:
        name: Its name.
        start: Seconds from the start of the build.
        seconds: How long it took.
    """

    name: str
    start: float
    seconds: float


@dataclass
class Clock:
    """Notes the stages of one build, from any thread."""

    started: float = field(default_factory=time.monotonic)
    _stages: list[StageTime] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note the stage that runs meanwhile."""
        start = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                now = time.monotonic()
                self._stages.append(StageTime(name, start - self.started, now - start))

    @contextmanager
    def cached(self, kind: str, name: str, what: str) -> Iterator[None]:
        """Note a stage whose result the cache keeps, and show it, if it has to be made.

        Args:
            kind: The stage, and the kind of its result in the cache.
            name: The result's name there.
            what: What is made, as the user reads it.
        """
        if cache.find(kind, name):
            yield
            return
        with self.stage(kind), console.step("Building", what):
            yield

    @property
    def stages(self) -> tuple[StageTime, ...]:
        """The stages noted so far, in the order in which they started."""
        with self._lock:
            return tuple(sorted(self._stages, key=lambda stage: stage.start))


def side_by_side(*stages: Callable[[], _Result]) -> list[_Result]:
    """Run stages that do not need each other; the first failure stops the others."""
    # 10 ms that a build after an edit saves.
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait  # noqa: PLC0415

    with ThreadPoolExecutor(len(stages)) as pool:
        futures = [pool.submit(stage) for stage in stages]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            process.stop_all()
            raise
        return [future.result() for future in futures]
