"""Finds the debug information that goes with a module of a log."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base.errors import NotAModuleError, RkmbuildError
from rkmbuild.host import records
from rkmbuild.kernel.names import module_name
from rkmbuild.klog.frames import Frame
from rkmbuild.ko import modinfo
from rkmbuild.trace.debugfile import DebugFile, Place

_DEBUG = ".debug"
_ENDING = ".ko.debug"


@dataclass(frozen=True)
class Candidate:
    """A file that may hold a module's debug information.

    Attributes:
        name: The module.
        path: The file.
        release: The kernel it was built for, or empty where that is not known.
    """

    name: str
    path: Path
    release: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found for a module.

    Attributes:
        debug: The debug information, or None.
        matched: `build-id` where the log, the kernel or the run told which build it was and this is
            that one; `name` where only the name says so; empty where there is none.
        problem: Why there is none, or empty.
        others: Where only the name says so, more of that name: builds for other kernels.
    """

    debug: DebugFile | None = None
    others: tuple[DebugFile, ...] = ()
    matched: str = ""
    problem: str = ""


def given(path: Path) -> Candidate:
    """Return the candidate that a user names: a `.ko.debug`, or a `.ko` that has one beside it.

    Raises:
        NotAModuleError: it is neither, or has no debug information.
    """
    if path.name.endswith(_ENDING):
        file = path.with_name(path.name.removesuffix(_DEBUG))
        name = module_name(path.name.removesuffix(_ENDING))
        release = modinfo.read(file).release if file.is_file() else ""
        return Candidate(name, path, release)
    module = modinfo.read(path)
    split = beside(path)
    for file in (split, path):
        if file.is_file() and DebugFile(file).has_lines:
            return Candidate(module.name, file, module.release)
    raise NotAModuleError(
        f"{path} has no debug information in it, and there is no {split.name} beside it",
        hint="`rkmbuild build` makes both",
    )


def beside(module: Path) -> Path:
    """Return where the debug information is that was split off a module."""
    return module.with_name(f"{module.name.partition('.ko')[0]}{_ENDING}")


def of_module(module: Path) -> list[Candidate]:
    """Return the candidate beside a module, if there is one."""
    try:
        return [given(module)]
    except RkmbuildError:
        return []


def in_project(folder: Path) -> Iterator[Candidate]:
    """Give what was built in the project that `folder` is in, for every kernel."""
    for above in (folder, *folder.parents):
        built = above / "target" / "rkmbuild"
        if built.is_dir():
            for path in sorted(built.glob(f"*/*{_ENDING}")):
                name = module_name(path.name.removesuffix(_ENDING))
                yield Candidate(name, path, path.parent.name)
            return


class Search:
    """Finds debug information by a module's name, its build id and the kernel's release.

    Args:
        candidates: What there is; those that come first are preferred.
        loaded: Also take what `rkmbuild load` loaded since boot.
        release: The kernel that the log is of, or a part of its release, where the log is silent.
        known: Tells the build id of a module that the log does not tell, or an empty string.
    """

    def __init__(
        self,
        candidates: Iterable[Candidate] = (),
        *,
        loaded: bool = True,
        release: str = "",
        known: Callable[[str], str] | None = None,
    ) -> None:
        self._candidates = tuple(candidates)
        self._loaded = loaded
        self._release = release
        self._known = known
        self._found: dict[tuple[str, str, str], Found] = {}
        self._files: dict[Path, DebugFile | None] = {}

    def find(self, module: str, build_id: str, release: str) -> Found:
        """Return what goes with a module.

        Args:
            module: Its name.
            build_id: As the log says, or empty.
            release: The kernel's, as the log says, or empty.
        """
        key = (module, build_id, release)
        if key not in self._found:
            wanted = build_id or (self._known(module) if self._known else "")
            self._found[key] = self._look(module, wanted, release or self._release)
        return self._found[key]

    def _look(self, module: str, build_id: str, release: str) -> Found:
        named = [candidate for candidate in self._candidates if candidate.name == module]
        record = records.find(module) if self._loaded else None
        if record:
            named += of_module(Path(record.path))
        if not named:
            return Found(problem="its debug information was not found")
        opened = [
            (candidate, debug) for candidate in named if (debug := self._open(candidate.path))
        ]
        if not opened:
            return Found(problem=f"{named[0].path} cannot be read, or is no object file")
        if build_id:
            # The kernel prints 20 bytes of it at most.
            fitting = [debug for _, debug in opened if debug.build_id[:40] == build_id[:40]]
            if fitting:
                return Found(debug=fitting[0], matched="build-id")
            return Found(problem=f"{opened[0][1].path} is of another build than the one in the log")
        of_kernel = [
            debug
            for candidate, debug in opened
            if not (release and candidate.release) or release in candidate.release
        ]
        if not of_kernel:
            return Found(problem=f"it was built for {_listed(opened)}, and the log is of {release}")
        first, *others = of_kernel
        return Found(debug=first, matched="name", others=tuple(others))

    def _open(self, path: Path) -> DebugFile | None:
        if path not in self._files:
            try:
                self._files[path] = DebugFile(path)
            except RkmbuildError:
                self._files[path] = None
        return self._files[path]


def fitting(found: Found, frames: Sequence[Frame]) -> Found:
    """Return what was found, with that one of several builds in which most of the frames are."""
    if found.debug is None or not found.others:
        return found

    def known(debug: DebugFile) -> int:
        return sum(isinstance(debug.find(frame), Place) for frame in frames if frame.symbol)

    best = max((found.debug, *found.others), key=known)
    return Found(debug=best, matched=found.matched)


def _listed(opened: Sequence[tuple[Candidate, DebugFile]]) -> str:
    return ", ".join(dict.fromkeys(candidate.release for candidate, _ in opened))
