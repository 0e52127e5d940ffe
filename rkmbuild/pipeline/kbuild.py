"""From a static library and C files to a `.ko`, by the kernel's own build system."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from rkmbuild import __version__
from rkmbuild.base import cache, console, process
from rkmbuild.base.errors import ProjectError, RkmbuildError
from rkmbuild.base.process import Completed
from rkmbuild.base.render import render
from rkmbuild.kernel import overlay
from rkmbuild.pipeline import bindings, exports, generated_header, helpers, link_errors
from rkmbuild.pipeline.api.base import Linkage
from rkmbuild.pipeline.crate import Library
from rkmbuild.pipeline.helpers import Helpers
from rkmbuild.pipeline.plain_paths import PlainPaths
from rkmbuild.project.project import Project

# One object of the module's is made from Rust, one from the C helpers of the API, one
# from what the Rust code exports. Their names must not be those of a user's C file.
_RUST = "rkmbuild_rust"
_HELPERS = "rkmbuild_helpers"
_EXPORTS = "rkmbuild_exports"
_ARCHIVE = f"{_RUST}.a"
# The variable of make that says which descriptor to read before the archive is used.
_WAIT = "RKMBUILD_ARCHIVE_FD"
# dash reads no descriptor of two digits.
_LAST_DESCRIPTOR = 9
_SCRIPT = "rkmbuild.lds"
_EXTRA = "extra.symvers"
_UNFINISHED = "unfinished"


@dataclass(frozen=True, kw_only=True)
class Kbuild:
    """All that kbuild is given.

    Attributes:
        release: The kernel's release.
        folder: Where it builds: the Kbuild, the objects, the module.
        objtree: The overlay's objtree, for `make -C`.
        module: The module's name.
        files: Text of each rendered file, by name.
        variables: Variables of make.
        helpers: The C helpers among the files.
        symvers: Files that say what other external modules export.
        trimmed: Whether the kernel exports only what its own modules use.
        plain: The names under which it sees folders of the project that it cannot work in.
    """

    release: str
    folder: Path
    objtree: Path
    module: str
    files: Mapping[str, str]
    variables: Mapping[str, str]
    helpers: Helpers
    symvers: tuple[Path, ...] = ()
    trimmed: bool = False
    plain: PlainPaths

    def command(self, jobs: int | None = None) -> list[str]:
        """Return the command."""
        return [
            "make", "-C", str(self.objtree), f"M={self.folder}", f"-j{jobs or 2}",
            *(f"{name}={value}" for name, value in self.variables.items()), "modules",
        ]  # fmt: skip


def plan(
    project: Project,
    linkage: Linkage,
    *,
    release: str,
    folder: Path,
    objtree: Path,
    variables: Mapping[str, str],
    tests: bool = False,
    symvers: Sequence[Path] = (),
    trimmed: bool = False,
    constructors: bool = False,
) -> Kbuild:
    """Return what kbuild will be given.

    Args:
        linkage: How the Rust code is linked, and with what.
        tests: Whether the module has tests inside.
        symvers: Files that say what other external modules export.
        trimmed: Whether the kernel exports only what its own modules use.
        constructors: Whether the kernel runs the constructors of a module.

    Raises:
        ProjectError: kbuild cannot work in this folder, or one of `symvers` cannot be read.
    """
    problem = overlay.unfit_for_make(folder)
    if problem:
        raise ProjectError(
            f"kbuild cannot work in {folder}, a path with {problem}",
            hint="move the project to a folder with a plain name",
        )
    sources = project.metadata.c_sources
    for source in sources:
        if source.stem in (_RUST, _HELPERS, _EXPORTS, project.module):
            whose = "the module itself" if source.stem == project.module else "a part of rkmbuild's"
            raise ProjectError(f"a C file cannot be called {source.name}, as {whose}")
    plain = PlainPaths(folder)
    paths = [plain.file(project.root / source) for source in sources]
    values = {
        "module": project.module, "release": release, "rust": _RUST, "helpers": _HELPERS,
        "exports": _EXPORTS, "export_header": str(linkage.export_header),
        "headers": [
            plain.include(line)
            for line in bindings.includes(project.metadata.headers, project.root)
        ],
        "wanted": helpers.WANTED, "wanted_header": helpers.WANTED_HEADER,
        "script": _SCRIPT, "archive": _ARCHIVE, "wait": _WAIT, "version": __version__,
        "c_stems": [source.stem for source in sources],
        "include_folders": [
            *sorted({str(path.parent) for path in paths}),
            *([str(generated_header.folder(folder))] if project.metadata.generate_header else []),
        ],
    }  # fmt: skip
    files = {
        "Kbuild": render(linkage.templates / "Kbuild", values),
        _SCRIPT: render(
            linkage.templates / "module.lds", {"tests": tests, "constructors": constructors}
        ),
        helpers.HAS_HEADER: linkage.defines,
        f"{_HELPERS}.c": linkage.helpers.text,
        f"{_EXPORTS}.c": f'#include "{helpers.HAS_HEADER}"\n#include "{_EXPORTS}.h"\n',
    }
    for path in paths:
        files[f"{path.stem}.c"] = f'#include "{helpers.HAS_HEADER}"\n#include "{path}"\n'
    if symvers:
        files[_EXTRA] = exports.joined(symvers)
        variables = {**variables, exports.VARIABLE: str(folder / _EXTRA)}
    return Kbuild(
        release=release,
        folder=folder,
        objtree=objtree,
        module=project.module,
        files=files,
        variables=variables,
        helpers=linkage.helpers,
        symvers=tuple(symvers),
        trimmed=trimmed,
        plain=plain,
    )


class Linking:
    """A make that is at work, and waits for the archive where it needs it."""

    def __init__(self, kbuild: Kbuild, ready: IO[bytes], ended: Callable[[], Completed]) -> None:
        self._kbuild = kbuild
        self._ready = ready
        self._ended = ended
        self._done: Completed | None = None

    def finish(self, library: Library) -> Path:
        """Return the module that kbuild made of the library and the C files.

        Raises:
            BuildError: a C file does not compile, or the kernel exports no symbol of some name.
        """
        with cache.writing(self._kbuild.folder):
            _link_to(library.archive, self._kbuild.folder / _ARCHIVE)
        with contextlib.suppress(BrokenPipeError):  # make failed before it came to the archive
            self._ready.write(b"ready\n")
        done = self._end()
        if done.returncode != 0:
            raise link_errors.explain(
                done,
                module=self._kbuild.module,
                release=self._kbuild.release,
                folder=self._kbuild.folder,
                helpers=self._kbuild.helpers,
                rust=f"{_RUST}.o",
                exports_header=f"{_EXPORTS}.h",
                trimmed=self._kbuild.trimmed,
                library=library,
            )
        for line in done.stderr.splitlines():
            # A clean build is silent here; what is not belongs before the user's eyes.
            sys.stderr.write(f"{line}\n")
        for line in done.stdout.splitlines():
            console.detail(line)
        return self._kbuild.folder / f"{self._kbuild.module}.ko"

    def abandon(self) -> None:
        """Let make fail where it waits, so that what it has compiled so far is kept."""
        self._ready.close()
        self._end()

    def _end(self) -> Completed:
        if self._done is None:
            self._done = self._ended()
            if self._done.returncode >= 0:
                # It ended by itself, and so it removed what a rule of it that failed had written.
                (self._kbuild.folder / _UNFINISHED).unlink()
        return self._done


@contextlib.contextmanager
def linking(kbuild: Kbuild, *, lock: int, jobs: int | None = None) -> Iterator[Linking]:
    """Start make, so that it reads its makefiles and compiles C while cargo is at work.

    Its rule for the archive reads a line from a pipe whose other end is ours alone: should we be
    killed, make fails there in place of waiting for ever.

    Args:
        lock: A descriptor that make and all that it starts keep open.
    """
    command = kbuild.command(jobs)
    with cache.writing(kbuild.folder):
        _prepare(kbuild)
    with _pipe() as (wait, ready):
        if wait > _LAST_DESCRIPTOR:  # few have that many files open; make then starts after cargo
            yield Linking(kbuild, ready, lambda: _run(command, lock))
            return
        with process.beside([*command, f"{_WAIT}={wait}"], keep_open=[lock, wait]) as ended:
            link = Linking(kbuild, ready, lambda: replace(ended(), argv=tuple(command)))
            try:
                yield link
            except RkmbuildError:
                link.abandon()
                raise


def _run(command: Sequence[str], lock: int) -> Completed:
    return process.run(command, doing="linking", success=range(-64, 256), keep_open=[lock])


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, IO[bytes]]]:
    wait, ready = os.pipe()
    try:
        with os.fdopen(ready, "wb", buffering=0) as end:
            yield wait, end
    finally:
        os.close(wait)


def _prepare(kbuild: Kbuild) -> None:
    """Lay out the folder, so that files that stay the same keep their time."""
    folder = kbuild.folder
    if (folder / _UNFINISHED).exists():
        # A run was killed while make worked: a half-written object would pass for a finished one.
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _UNFINISHED).touch()
    kbuild.plain.lay()
    for name, text in kbuild.files.items():
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            if name == _EXTRA:
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
