"""Judges many modules for one kernel, on all processors."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Verdict
from rkmbuild.verdict.target import Target

# A worker takes 0.2 s to start: fewer files are judged sooner without.
_WORTH_WORKERS = 100
_CHUNK = 8
_SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")


def files(paths: Iterable[Path]) -> list[Path]:
    """Return the modules that are meant: files as they are, folders with all modules in them.

    Raises:
        NotAModuleError: there is no such file, or a folder has no modules.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(
            Path(folder, name)
            for folder, _, names in os.walk(path)
            for name in names
            if name.endswith(_SUFFIXES)
        )
        if not inside:
            raise NotAModuleError(f"there are no modules in {path}")
        found += inside
    return found


def judge(
    paths: Sequence[Path],
    kernel: Target,
    *,
    jobs: int | None = None,
    explain: bool = True,
    deep: bool = True,
) -> Iterator[Verdict]:
    """Give the verdict on each file, in the order of `paths`.

    Args:
        paths: The files.
        kernel: What `target.of` gave.
        jobs: Processes to use; as many as there are processors where None.
        explain: As in `check.judge`.
        deep: As in `check.judge`.

    Raises:
        NotAModuleError: a file cannot be read or unpacked.
    """
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(paths) < _WORTH_WORKERS:
        for path in paths:
            yield _one(path, kernel, explain=explain, deep=deep)
        return
    # Workers that are started afresh inherit neither threads nor locks of ours.
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_start, initargs=(kernel, explain, deep)
    )
    try:
        with _uninterrupted():
            verdicts = pool.map(_work, paths, chunksize=_CHUNK)
        yield from verdicts
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep Ctrl-C, which a terminal sends to all, from what is started here: we tell it to end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _one(path: Path, kernel: Target, *, explain: bool, deep: bool) -> Verdict:
    return check.judge_file(path, kernel, explain=explain, deep=deep)


class _Worker:
    """What a worker process keeps between files."""

    kernel: Target
    explain: bool
    deep: bool


def _start(kernel: Target, explain: bool, deep: bool) -> None:
    _Worker.kernel, _Worker.explain, _Worker.deep = kernel, explain, deep
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for our parent to end; one that was killed outright tells us nothing."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _work(path: Path) -> Verdict:
    return _one(path, _Worker.kernel, explain=_Worker.explain, deep=_Worker.deep)
