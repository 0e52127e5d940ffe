"""Stages of a build: which ran, when, and for how long."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


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

    @property
    def stages(self) -> tuple[StageTime, ...]:
        """The stages noted so far, in the order in which they started."""
        with self._lock:
            return tuple(sorted(self._stages, key=lambda stage: stage.start))
