"""Runs groups of tests in guests on this machine, side by side in threads."""

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from rkmbuild.base import process
from rkmbuild.testing import guests
from rkmbuild.testing.executor import Job, OnResult
from rkmbuild.testing.results import TestResult

_TICK = 0.05


class LocalExecutor:
    """An `Executor` with a slot for each processor.

    Args:
        slots: Another number of them.
    """

    def __init__(self, slots: int | None = None) -> None:
        self._slots = slots or os.cpu_count() or 1
        self._stopped = threading.Event()
        self._futures: list[Future[int]] = []

    @property
    def slots(self) -> int:
        """How many jobs run at a time."""
        return self._slots

    def run(self, jobs: Sequence[Job], on_result: OnResult) -> tuple[int, ...]:
        """Run all jobs, as `Executor.run` says."""

        def one(number: int, job: Job) -> int:
            def take(result: TestResult) -> None:
                # What a guest that we ended seems to say of its test is not so.
                if not self._stopped.is_set():
                    on_result(number, result)

            return guests.run(
                job.group,
                timeout=job.timeout,
                on_result=take,
                going_on=lambda: not self._stopped.is_set(),
            )

        with ThreadPoolExecutor(self._slots) as pool:
            self._futures = [pool.submit(one, number, job) for number, job in enumerate(jobs)]
            try:
                done, _ = wait(self._futures, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:
                self.cancel()
                raise
        return tuple(future.result() for future in self._futures)

    def cancel(self) -> None:
        """End what runs, start nothing more, and return when all is ended."""
        self._stopped.set()
        for future in self._futures:
            future.cancel()
        # One may just have been about to start its guest, which nobody would end otherwise.
        while not all(future.done() for future in self._futures):
            process.stop_all()
            time.sleep(_TICK)
