"""Files put in place below a root, and taken away: all that was asked for, or nothing."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache
from rkmbuild.base.errors import RkmbuildError, StorageError
from rkmbuild.host import privilege

SYSTEM = Path("/")


@dataclass(frozen=True)
class Write:
    """A file that is to have this content, readable by all; folders around it are made."""

    place: Path
    content: bytes


@dataclass(frozen=True)
class Remove:
    """A file that is not to be there."""

    place: Path


@dataclass(frozen=True)
class MakeFolder:
    """A folder that is to be there; those around it are made."""

    place: Path


@dataclass(frozen=True)
class RemoveFolder:
    """A folder that is not to be there, if it is empty."""

    place: Path


@dataclass(frozen=True)
class Depmod:
    """The lists in a kernel's lib/modules/<release>, to be made anew.

    Attributes:
        modules: The folder.
        listed: Modules in it that have to be the ones that modprobe takes.
    """

    modules: Path
    listed: tuple[Path, ...] = ()


Action = Write | Remove | MakeFolder | RemoveFolder | Depmod


class Stager:
    """Carries out actions below a root.

    An action names each place as it is on the running system, `/etc/modprobe.d/x.conf`; below
    another root, as a package's DESTDIR, it lies at the same path. What is not the system itself
    needs root only where we may not write.

    Args:
        root: `/`, or the folder to put things into.
    """

    def __init__(self, root: Path = SYSTEM) -> None:
        self._root = root
        self._is_system = root.resolve() == SYSTEM

    def at(self, place: Path) -> Path:
        """Return where a place of the system lies below this root."""
        return self._root / place.relative_to("/")

    def carry_out(self, actions: Sequence[Action]) -> None:
        """Do the actions in their order; if one fails, or we are interrupted, take them all back.

        A file is never seen half-written: it is put beside its place and renamed.

        Raises:
            PermissionDeniedError: only root may do it, and we are not and cannot become root.
            StorageError: an action failed.
        """
        undo: list[Action] = []
        with cache.writing(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
            draft = Path(folder) / "file"
            try:
                for action in actions:
                    for each in (*self._folders_around(action), action):
                        undo.append(self._opposite(each))
                        self._do(each, draft)
            except BaseException as error:
                with privilege.uninterrupted():
                    left = self._take_back(undo, draft)
                if left and isinstance(error, RkmbuildError):
                    error.message = "\n  ".join([error.message, *left])
                raise

    def _folders_around(self, action: Action) -> Iterator[MakeFolder]:
        """Give the folders that an action needs and that are not there, the outer ones first."""
        if isinstance(action, (Write, MakeFolder)):
            for folder in reversed(action.place.parents):
                if not self.at(folder).is_dir():
                    yield MakeFolder(folder)

    def _opposite(self, action: Action) -> Action:
        """Return the action that brings back what is there now."""
        match action:
            case Depmod():
                return Depmod(action.modules)
            case MakeFolder(place) | RemoveFolder(place):
                return MakeFolder(place) if self.at(place).is_dir() else RemoveFolder(place)
        old = _content(self.at(action.place))
        return Remove(action.place) if old is None else Write(action.place, old)

    def _take_back(self, undo: list[Action], draft: Path) -> list[str]:
        """Do the actions that bring back what was there, and return what could not be."""
        left = []
        # The lists are made from the files: these come first.
        files = [action for action in reversed(undo) if not isinstance(action, Depmod)]
        for action in (*files, *(action for action in undo if isinstance(action, Depmod))):
            try:
                if not self._is_so(action):
                    self._do(action, draft)
            except RkmbuildError as error:
                left.append(f"could not be taken back: {error.message}")
        return left

    def _is_so(self, action: Action) -> bool:
        if isinstance(action, Depmod):
            return False
        place = self.at(action.place)
        match action:
            case Write():
                return _content(place) == action.content and not beside(place).exists()
            case Remove():
                return not place.exists() and not beside(place).exists()
            case MakeFolder():
                return place.is_dir()
        return not place.exists()

    def _do(self, action: Action, draft: Path) -> None:
        if isinstance(action, Depmod):
            self._depmod(action)
            return
        place = self.at(action.place)
        match action:
            case Write():
                draft.write_bytes(action.content)
                aside = str(beside(place))
                self._run(f"write {place}", "install", "-m", "644", "--", str(draft), aside)
                self._run(f"write {place}", "mv", "-fT", "--", aside, str(place))
            case Remove():
                self._run(f"remove {place}", "rm", "-f", "--", str(place), str(beside(place)))
            case MakeFolder():
                self._run(f"make {place}", "install", "-d", "-m", "755", "--", str(place))
            case RemoveFolder():
                if place.is_dir() and not any(place.iterdir()):
                    self._run(f"remove {place}", "rmdir", "--", str(place))

    def _depmod(self, action: Depmod) -> None:
        modules = self.at(action.modules)
        base = () if self._is_system else ("-b", str(self._root.absolute()))
        self._run(f"list the modules in {modules}", "depmod", *base, modules.name)
        if not action.listed:
            return
        lines = (_content(modules / "modules.dep") or b"").decode(errors="replace").splitlines()
        known = {line.partition(":")[0] for line in lines}
        for file in action.listed:
            if str(file.relative_to(action.modules)) not in known:
                others = [name for name in known if Path(name).name.startswith(file.name)]
                chosen = f": it takes {others[0]}" if others else ""
                raise StorageError(
                    f"depmod does not list {file}{chosen}",
                    hint="what stands in /etc/depmod.d decides which module of a name is taken",
                )

    def _run(self, doing: str, program: str, *arguments: str) -> None:
        as_root = self._is_system or not os.access(self._root, os.W_OK)
        done = (privilege.run if as_root else privilege.run_as_we_are)(program, arguments)
        if done.returncode != 0:
            raise StorageError(f"cannot {doing}: {program} failed", output=done.said)


def beside(place: Path) -> Path:
    """Return where a file lies before it is renamed; nobody takes it there for what it will be."""
    return place.with_name(f".{place.name}.rkmbuild-new")


def _content(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"cannot read {place}: {error.strerror}") from None
