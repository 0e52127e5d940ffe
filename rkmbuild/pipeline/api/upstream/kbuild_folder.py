"""The folder that kbuild works in for source without a Cargo.toml, and its make."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rkmbuild import __version__
from rkmbuild.base import cache, console, files, process
from rkmbuild.base.errors import BuildError, ProjectError
from rkmbuild.base.process import Completed
from rkmbuild.kernel import overlay
from rkmbuild.kernel.tree import KernelVersion
from rkmbuild.pipeline import exports, fingerprint
from rkmbuild.pipeline.api.upstream.again import Again, Make
from rkmbuild.pipeline.api.upstream.overlaid import Overlaid
from rkmbuild.project.kbuild_source import KbuildSource

# "kbuild: support building external modules in a separate build directory"
_KNOWS_MO = KernelVersion(6, 13)
# Of one file, kbuild's own command (rule_rustc_o_rs in scripts/Makefile.build) reads the file
# where it lies: messages and debug information name it, and `mod` finds what lies beside it.
_KBUILD = """\
# Made by rkmbuild {version}.
obj-m := {module}.o
$(obj)/{module}.o: {file} FORCE
\t+$(call if_changed_rule,rustc_o_rs)
"""
_UNFINISHED = "unfinished"
_MADE_BY = "made-by"
_LINKS = "links"
# A line of a list of prerequisites (scripts/basic/fixdep.c).
_PREREQUISITE = re.compile(r"^ +([^\s$]\S*) \\?$", re.MULTILINE)
_SOURCE = re.compile(r"^source_\S+ := (\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Folder:
    """One make of kbuild's.

    Attributes:
        source: What it builds.
        kernel: What for.
        work: The folder that it writes to.
        command: The command.
        unseen: The files that it takes and make does not look at: tools, and the kernel.
    """

    source: KbuildSource
    kernel: Overlaid
    work: Path
    command: tuple[str, ...]
    unseen: frozenset[Path]

    def make(self, lock: int) -> list[Path]:
        """Run it; return the modules, as kbuild linked them.

        Args:
            lock: A descriptor that all that is started keeps open.

        Raises:
            BuildError: make failed, or the source names no module.
            StorageError: the folder cannot be written.
        """
        with cache.writing(self.work):
            self._lay()
        done = self._run(lock)
        if done.returncode >= 0:
            # It ended by itself, and so it removed what a rule that failed had written.
            (self.work / _UNFINISHED).unlink(missing_ok=True)
        if done.returncode != 0:
            said = replace(done, argv=self.command, stdout="")
            raise process.failed(said, doing=f"building {self.source.shown}")
        return self._modules()

    def _run(self, lock: int) -> Completed:
        again = Again(self.work, self.command)
        done = self._run_again(again.known(), lock)
        if done:
            return done
        console.detail(" ".join(self.command))
        with cache.writing(self.work):
            again.forget()
            env = again.environment()
        whole = Make(list(self.command), env, str(self.work))
        done = self._start(whole, lock)
        if done.returncode == 0:
            with cache.writing(self.work):
                again.note()
        return done

    def _run_again(self, makes: Sequence[Make], lock: int) -> Completed | None:
        """Run makes that are known to do all; None where they do not, or none is known."""
        done = None
        before = self._order()
        jobs = [word for word in self.command if word.startswith("-j")]
        for make in makes:
            done = self._start(make._replace(argv=[*make.argv, *jobs]), lock)
            if done.returncode != 0:
                return done
            if self._order() != before:  # the top Makefile has a look at that
                return None
        return done

    def _start(self, make: Make, lock: int) -> Completed:
        done = process.run(
            make.argv,
            doing=f"building {self.source.shown}",
            env=make.env,
            cwd=Path(make.folder),
            success=range(-64, 256),
            # What is wrong is shown as it comes, in rustc's colours.
            show=True,
            keep_open=[lock],
        )
        for line in done.stdout.splitlines() if done.returncode == 0 else ():
            console.detail(line)
        return done

    def inputs(self) -> set[Path]:
        """Return the files that went in, but for what is of the kernel and its crate."""
        own = (self.work, self.kernel.objtree, self.kernel.tree.build, self.kernel.tree.source)
        skipped = [place.resolve() for place in own]
        if self.kernel.sidecar:
            skipped.append(self.kernel.sidecar.folder.resolve())
        found = {file for noted in self.work.rglob(".*.cmd") for file in _read(noted)}
        read = {
            file
            for file in found
            if file.is_absolute() and not any(file.is_relative_to(place) for place in skipped)
        }
        return {*self.source.files(), *read, *self.unseen}

    def _lay(self) -> None:
        work, file = self.work, self.source.file
        made_by = "".join(f"{name} {files.stamp(name)}\n" for name in sorted(self.unseen))
        noted = work / _MADE_BY
        other = not noted.exists() or noted.read_text() != made_by
        if other or (work / _UNFINISHED).exists():
            # Where a run was killed at work, a half-written object would pass for a finished one.
            shutil.rmtree(work, ignore_errors=not work.exists())
        work.mkdir(parents=True, exist_ok=True)
        (work / _UNFINISHED).touch()
        noted.write_text(made_by)
        if file:
            text = _KBUILD.format(version=__version__, module=self.source.module, file=file)
            kbuild = work / "Kbuild"
            if not kbuild.exists() or kbuild.read_text() != text:
                kbuild.write_text(text)
        elif work.name == _LINKS:
            _link(self.source, work)

    def _order(self) -> str:
        order = self.work / "modules.order"
        return order.read_text() if order.exists() else ""

    def _modules(self) -> list[Path]:
        # `x.ko` or `x.o`, with the folder before it or not: 6.1, 6.12 and 7.3 differ.
        lines = dict.fromkeys(self._order().split())
        modules = [(self.work / line).with_suffix(".ko") for line in lines]
        if not modules:
            raise BuildError(
                f"{self.source.folder} names no module to kbuild",
                hint="its Kbuild or Makefile says which there are: obj-m := name.o",
            )
        return modules


def plan(source: KbuildSource, kernel: Overlaid, *, jobs: int | None) -> Folder:
    """Return what kbuild will be given.

    Raises:
        ProjectError: kbuild cannot work in such a folder, or with such a file.
    """
    work = source.work(kernel.tree.release)
    if not source.file:
        work /= _LINKS if _needs_links(source, kernel) else "out"
    for path in (work, source.file or source.folder):
        problem = overlay.unfit_for_make(path)
        if problem:
            raise ProjectError(
                f"kbuild cannot work in {path}, a path with {problem}",
                hint="move the source to a folder with a plain name",
            )
    more = [f"-j{jobs or 2}", "--no-print-directory"]
    known = exports.from_environment()
    if known:
        more.append(f"{exports.VARIABLE}={' '.join(map(str, known))}")
    folder = work
    if not source.file and work.name != _LINKS:
        folder = source.folder
        more.append(f"MO={work}")
    command = tuple(kernel.command(folder, *more))
    unseen = {*fingerprint.kernel_inputs(kernel.tree), kernel.compiler.path, *known}
    if kernel.sidecar:
        unseen |= {kernel.sidecar.rust.rustc, kernel.sidecar.target}
    there = frozenset(file for file in unseen if file.exists())
    return Folder(source=source, kernel=kernel, work=work, command=command, unseen=there)


def _needs_links(source: KbuildSource, kernel: Overlaid) -> bool:
    """Tell whether kbuild cannot build the folder from another one."""
    # "The external module source tree is not clean" (outputmakefile in 7.3's Makefile)
    used = (source.folder / "modules.order").exists()
    return used or kernel.tree.version < _KNOWS_MO


def _link(source: KbuildSource, work: Path) -> None:
    """Have links to all files of the source lie in `work`, as kbuild would write beside them."""
    wanted = {file.relative_to(source.folder): file for file in source.files()}
    for link in [file for file in work.rglob("*") if file.is_symlink()]:
        if link.relative_to(work) not in wanted:
            link.unlink()
    for here, file in wanted.items():
        place = work / here
        if file.is_dir() and not file.is_symlink():
            place.mkdir(exist_ok=True)
        elif not place.is_symlink():
            place.unlink(missing_ok=True)
            place.symlink_to(file)


def _read(noted: Path) -> Iterator[Path]:
    """Give the prerequisites in one of kbuild's notes of a command."""
    text = noted.read_text(errors="surrogateescape")
    for name in (*_SOURCE.findall(text), *_PREREQUISITE.findall(text)):
        yield Path(name)
