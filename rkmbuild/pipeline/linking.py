"""From a static library and C files to a `.ko` by kbuild's commands, with make or without it."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from rkmbuild.base import cache, console, process
from rkmbuild.base.errors import RkmbuildError
from rkmbuild.base.process import Completed
from rkmbuild.base.tool_environment import local_environment
from rkmbuild.pipeline import compiled, kbuild, recipe, replay
from rkmbuild.pipeline.crate import Library
from rkmbuild.pipeline.kbuild import Kbuild
from rkmbuild.pipeline.recipe import Stamps
from rkmbuild.pipeline.replay import Replay

# dash reads no descriptor of two digits.
_LAST_DESCRIPTOR = 9
_UNFINISHED = "unfinished"


class Linking:
    """What makes the module of the library, once that is there.

    Attributes:
        kbuild: What kbuild is given.
    """

    def __init__(self, plan: Kbuild, make: Callable[[], Completed], began: float) -> None:
        """Take what gives the result of a make, which may have to start first."""
        self.kbuild = plan
        self._make = make
        self._began = began
        self._done: Completed | None = None

    def finish(self, library: Library, joined: Path | None = None) -> Path:
        """Return the module that kbuild made of the library and the C files.

        Args:
            library: The library.
            joined: The object that stands in for it, where it was linked before.

        Raises:
            BuildError: a C file does not compile, or the kernel exports no symbol of some name.
        """
        with cache.writing(self.kbuild.folder):
            linked = joined or library.archive
            _link_to(linked, self.kbuild.folder / kbuild.ARCHIVE)
            if linked.suffix != ".a":
                others = () if joined else library.dependencies
                beside = "".join(f"{file}\n" for file in others)
                (self.kbuild.folder / kbuild.BESIDE).write_text(beside)
            said = self._made(library)
        for line in said.splitlines():
            # A clean build is silent here; what is not belongs before the user's eyes.
            sys.stderr.write(f"{line}\n")
        return self.kbuild.folder / f"{self.kbuild.module}.ko"

    def abandon(self) -> None:
        """Let it rest, as there is no library."""

    def _made(self, library: Library) -> str:
        """Make the module; return what was said about it."""
        return self._made_by_make(library)

    def _made_by_make(self, library: Library) -> str:
        done = self._end()
        if done.returncode != 0:
            from rkmbuild.pipeline import link_errors  # noqa: PLC0415 - only a failure needs it

            raise link_errors.explain(
                done,
                module=self.kbuild.module,
                release=self.kbuild.release,
                folder=self.kbuild.folder,
                helpers=self.kbuild.helpers,
                rust=f"{kbuild.RUST}.o",
                exports_header=f"{kbuild.EXPORTS}.h",
                trimmed=self.kbuild.trimmed,
                library=library,
            )
        for line in done.stdout.splitlines():
            console.detail(line)
        replay.note(self.kbuild, self._began)
        return done.stderr

    def _end(self) -> Completed:
        if self._done is None:
            self._done = self._make()
            if self._done.returncode >= 0:
                # It ended by itself, and so it removed what a rule of it that failed had written.
                (self.kbuild.folder / _UNFINISHED).unlink(missing_ok=True)
        return self._done


class _Made(Linking):
    """A make that is at work, and waits for the archive where it needs it."""

    def __init__(
        self, plan: Kbuild, make: Callable[[], Completed], began: float, ready: IO[bytes]
    ) -> None:
        super().__init__(plan, make, began)
        self._ready = ready

    def _made(self, library: Library) -> str:
        with contextlib.suppress(BrokenPipeError):  # make failed before it came to the archive
            self._ready.write(b"ready\n")
        return super()._made(library)

    def abandon(self) -> None:
        """Let make fail where it waits, so that what it has compiled so far is kept."""
        self._ready.close()
        self._end()


class _Replayed(Linking):
    """Commands that are known, and make for what they do not cover."""

    def __init__(
        self, plan: Kbuild, make: Callable[[], Completed], began: float, known: Replay
    ) -> None:
        super().__init__(plan, make, began)
        self._known = known

    def _made(self, library: Library) -> str:
        mark = self.kbuild.folder / _UNFINISHED
        mark.touch()
        said = self._known.run()
        if said is None:
            console.detail("make does the rest, as not all of it is known")
            return self._made_by_make(library)
        mark.unlink()
        return said


@contextlib.contextmanager
def started(plan: Kbuild, *, lock: int, jobs: int | None = None) -> Iterator[Linking]:
    """Start what makes the module, so that what needs no Rust is done while cargo is at work.

    make reads its makefiles and compiles C meanwhile. Its rule for the archive reads a line from a
    pipe whose other end is ours alone: should we be killed, make fails there in place of waiting
    for ever.

    Args:
        plan: What kbuild is given.
        lock: A descriptor that all that is started keeps open.
        jobs: How many commands make may run at once.
    """
    command, began = plan.command(jobs), time.time()

    def run() -> Completed:
        return _run(command, lock)

    with cache.writing(plan.folder):
        known = _known(plan, lock)
    if known:
        yield _Replayed(plan, run, began, known)
        return
    with _pipe() as (wait, ready):
        if wait > _LAST_DESCRIPTOR:  # few have that many files open; make then starts after cargo
            yield Linking(plan, run, began)
            return
        waiting = [*command, f"{kbuild.WAIT}={wait}"]
        with process.beside(waiting, env=local_environment(), keep_open=[lock, wait]) as ended:
            link = _Made(plan, lambda: replace(ended(), argv=tuple(command)), began, ready)
            try:
                yield link
            except RkmbuildError:
                link.abandon()
                raise


def _known(plan: Kbuild, lock: int) -> Replay | None:
    """Lay out the folder; return what makes the module without make, if it can be done."""
    stamps = Stamps()
    found = recipe.find(plan, stamps)
    _lay(plan, anew=found.outdated)
    known = Replay(plan, found.recipe, stamps, lock) if found.recipe else None
    if not (known and known.lay()):
        return None  # the folder is unfinished until make has ended
    (plan.folder / _UNFINISHED).unlink()
    return known


def _run(command: Sequence[str], lock: int) -> Completed:
    return process.run(
        command,
        doing="linking",
        env=local_environment(),
        success=range(-64, 256),
        keep_open=[lock],
    )


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, IO[bytes]]]:
    wait, ready = os.pipe()
    try:
        with os.fdopen(ready, "wb", buffering=0) as end:
            yield wait, end
    finally:
        os.close(wait)


def _lay(plan: Kbuild, *, anew: bool) -> None:
    """Lay out the folder, so that files that stay the same keep their time.

    Args:
        plan: What lies there.
        anew: Remove what was made so far: make does not look at tools, and would keep it.
    """
    folder = plan.folder
    again = compiled.is_to_be_emptied(folder)
    if anew or again or (folder / _UNFINISHED).exists():
        # Where a run was killed at work, a half-written object would pass for a finished one.
        shutil.rmtree(folder, ignore_errors=not folder.exists())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _UNFINISHED).touch()
    if again:
        compiled.emptied(folder)
    plan.plain.lay()
    for name, text in plan.files.items():
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            if name == kbuild.EXTRA:
                # modpost's rule does not look at it (Makefile.modpost, 6.1 to 7.2).
                (folder / "Module.symvers").unlink(missing_ok=True)


def _link_to(archive: Path, link: Path) -> None:
    """Give make the archive under a name of ours, and newer than what was made of another one.

    cargo goes back to an archive that it made before, where features or the toolchain do: to make
    it would be older than the object that it made since. Its inode tells one from another.
    """
    if link.exists() and not link.is_symlink() and link.samefile(archive):
        return
    link.unlink(missing_ok=True)
    try:
        link.hardlink_to(archive)
    except OSError:  # a filesystem without hard links
        shutil.copyfile(archive, link)
    os.utime(link)
