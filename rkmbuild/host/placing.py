"""Files and folders of root's, put in place and taken away: all that was asked for, or nothing."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache
from rkmbuild.base.errors import RkmbuildError, StorageError
from rkmbuild.host import privilege


@dataclass(frozen=True)
class Write:
    """A file that is to have this content, readable by all."""

    place: Path
    content: bytes


@dataclass(frozen=True)
class Remove:
    """A file that is not to be there."""

    place: Path


@dataclass(frozen=True)
class MakeFolder:
    """A folder that is to be there; the one around it is."""

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


def carry_out(steps: Sequence[Action]) -> None:
    """Do the steps in their order; if one fails, or we are interrupted, take them all back.

    A file is never seen half-written: it is put beside its place and renamed.

    Raises:
        PermissionDeniedError: we are not root and cannot become it.
        StorageError: a step failed.
    """
    undo: list[Action] = []
    with cache.writing(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "file"
        try:
            for step in steps:
                undo.append(_opposite(step))
                _do(step, draft)
        except BaseException as error:
            with privilege.uninterrupted():
                left = _take_back(undo, draft)
            if left and isinstance(error, RkmbuildError):
                error.message = "\n  ".join([error.message, *left])
            raise


def _opposite(step: Action) -> Action:
    """Return the step that brings back what is there now."""
    match step:
        case Depmod():
            return Depmod(step.modules)
        case MakeFolder() | RemoveFolder():
            return MakeFolder(step.place) if step.place.is_dir() else RemoveFolder(step.place)
    old = _content(step.place)
    return Remove(step.place) if old is None else Write(step.place, old)


def _take_back(undo: list[Action], draft: Path) -> list[str]:
    """Do the steps that bring back what was there, and return what could not be."""
    left = []
    # The lists are made from the files: these come first.
    files = [step for step in reversed(undo) if not isinstance(step, Depmod)]
    for step in (*files, *(step for step in undo if isinstance(step, Depmod))):
        try:
            if not _is_so(step):
                _do(step, draft)
        except RkmbuildError as error:
            left.append(f"could not be undone: {error.message}")
    return left


def _is_so(step: Action) -> bool:
    match step:
        case Write():
            return _content(step.place) == step.content and not beside(step.place).exists()
        case Remove():
            return not step.place.exists() and not beside(step.place).exists()
        case MakeFolder():
            return step.place.is_dir()
        case RemoveFolder():
            return not step.place.exists()
    return False


def _do(step: Action, draft: Path) -> None:
    match step:
        case Write():
            draft.write_bytes(step.content)
            aside = beside(step.place)
            _run(f"write {step.place}", "install", "-m", "644", "--", str(draft), str(aside))
            _run(f"write {step.place}", "mv", "-fT", "--", str(aside), str(step.place))
        case Remove():
            places = (str(step.place), str(beside(step.place)))
            _run(f"remove {step.place}", "rm", "-f", "--", *places)
        case MakeFolder():
            _run(f"make {step.place}", "install", "-d", "-m", "755", "--", str(step.place))
        case RemoveFolder():
            if step.place.is_dir() and not any(step.place.iterdir()):
                _run(f"remove {step.place}", "rmdir", "--", str(step.place))
        case Depmod():
            _depmod(step)


def _depmod(step: Depmod) -> None:
    _run(f"list the modules in {step.modules}", "depmod", step.modules.name)
    if not step.listed:
        return
    dep = step.modules / "modules.dep"
    lines = (_content(dep) or b"").decode(errors="replace").splitlines()
    known = {line.partition(":")[0] for line in lines}
    for file in step.listed:
        if str(file.relative_to(step.modules)) not in known:
            others = [name for name in known if Path(name).name.startswith(file.name)]
            chosen = f": it uses {others[0]}" if others else ""
            raise StorageError(
                f"depmod does not list {file}{chosen}",
                hint="/etc/depmod.d decides which module of a name is used",
            )


def _run(doing: str, program: str, *arguments: str) -> None:
    outcome = privilege.run(program, arguments)
    if outcome.returncode != 0:
        raise StorageError(f"cannot {doing}: {program} failed", output=outcome.said)


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
