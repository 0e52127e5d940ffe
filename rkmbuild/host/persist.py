"""Modules that are loaded at every boot: files in /lib/modules, modules-load.d and modprobe.d.

The file in modules-load.d lists, as comments, what else was made for its module. It is the first to
come and the last to go, so that whatever happens in between can be undone later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rkmbuild.base import console
from rkmbuild.base.errors import KernelError, StorageError, UsageError
from rkmbuild.host import host
from rkmbuild.host.host import Change
from rkmbuild.host.persist_record import HOME, Record, conf_of, digest, options_of, read_all
from rkmbuild.host.stager import (
    Action,
    Depmod,
    MakeFolder,
    Remove,
    RemoveFolder,
    Stager,
    Write,
    beside,
)
from rkmbuild.kernel.names import module_name
from rkmbuild.ko import compression, modinfo, needs, parameters
from rkmbuild.ko.modinfo import Modinfo

_ROOT = Path("/")


@dataclass(frozen=True)
class Installation:
    """What has a module loaded at every boot.

    Attributes:
        files: What is there once it is carried out.
        actions: How it gets there.
    """

    files: tuple[Path, ...]
    actions: tuple[Action, ...]

    def carry_out(self) -> None:
        """Install it, whole or not at all.

        Raises:
            PermissionDeniedError: we are not root and cannot become it.
            StorageError: a file could not be written.
        """
        Stager().carry_out(self.actions)


def load(
    ko: Path, words: Sequence[str] = (), *, swap: bool = False, allow: Iterable[str] = ()
) -> tuple[Change, tuple[Path, ...]]:
    """Load a module now, unless this very build is in, and have it loaded at every boot.

    Arguments and errors are those of `host.load` and of `install`.

    Returns:
        What became of the modules, and the files that were installed.
    """
    installation = install(ko, words)
    change = host.load_unless_there(ko, words, swap=swap, allow=allow)
    try:
        installation.carry_out()
    except BaseException:
        console.note(f"{change.name} is loaded, but will not be at the next boot")
        raise
    return change, installation.files


def install(ko: Path, words: Sequence[str] = (), *, root: Path = _ROOT) -> Installation:
    """Return what has a module loaded at every boot of the running kernel; nothing is done yet.

    Modules that it needs and that did not come with the kernel are installed with it. What an
    earlier call installed for it is replaced.

    Raises:
        NotAModuleError, UsageError: it is no module, or has no such parameter.
        KernelError: the running kernel has no folder of modules.
        StorageError: a file is in the way that we did not make.
    """
    module = modinfo.read(ko)
    folder = needs.installed(root)
    if not folder:
        raise KernelError(
            "the running kernel has no folder in /lib/modules, where modules are looked for at boot"
        )
    own, options = _contents(module, folder, words)
    modules = {folder / HOME / f"{each.name}.ko": each.path for each in own}
    writes = {place: compression.decompress(file) for place, file in modules.items()}
    if options:
        writes[options_of(module.name, root)] = options
    conf = conf_of(module.name, root)
    records = read_all(root)
    _let_pass(conf, module.name, writes, records)
    old = records.pop(module.name, Record(name=module.name))
    made = [place for place in _around([conf, *writes]) if not place.is_dir()]
    folders = [*old.folders, *made, *(each for other in records.values() for each in other.folders)]
    new = replace(old, folders=tuple(dict.fromkeys(folders)))
    stale = [place for place in old.files if _is_stale(place, folder, writes)]
    for place in stale:
        new = new.without(place)
    actions: list[Action] = [MakeFolder(place) for place in made]
    actions += [Write(conf, _having(new, writes).render())]
    for other in records.values():
        shared = {place: writes[place] for place in other.files if place in writes}
        if shared:
            actions.append(Write(conf_of(other.name, root), _having(other, shared).render()))
    actions += [Write(place, content) for place, content in writes.items()]
    actions += [Remove(place) for place in _deletable(stale, old, records.values())]
    return Installation((conf, *writes), (*actions, Depmod(folder, tuple(modules))))


def remove(name: str, *, root: Path = _ROOT) -> tuple[Path, ...]:
    """Undo `install` for a module, for every kernel; return the files that were removed.

    What somebody changed since is left, and said.

    Raises:
        UsageError: it is not installed by us.
        PermissionDeniedError: we are not root and cannot become it.
        StorageError: a file could not be removed.
    """
    records = read_all(root)
    name = module_name(name)
    record = records.pop(name, None)
    if not record:
        known = ", ".join(records)
        raise UsageError(
            f"{name} is not loaded at boot by rkmbuild",
            hint=f"these modules are: {known}" if known else "no module is",
        )
    files = _deletable(record.files, record, records.values())
    conf = conf_of(name, root)
    folders = sorted({*record.folders, *(f.parent for f in files if f.suffix == ".ko")})
    releases = dict.fromkeys(file.parents[2] for file in files if file.suffix == ".ko")
    Stager().carry_out(
        [
            *(Remove(file) for file in files),
            *(RemoveFolder(folder) for folder in reversed(folders) if folder != conf.parent),
            *(Depmod(release) for release in releases),
            Remove(conf),
            *(RemoveFolder(folder) for folder in folders if folder == conf.parent),
        ]
    )
    return (*files, conf)


def is_installed(name: str, *, root: Path = _ROOT) -> bool:
    """Tell whether a module is loaded at boot by us."""
    return name in read_all(root)


def _contents(
    module: Modinfo, folder: Path, words: Sequence[str]
) -> tuple[list[Modinfo], bytes | None]:
    """Return the modules to install, and what is to stand in modprobe.d."""
    order = needs.order(module, folder)
    needed = [*order.before, *order.after]
    others = {each.file: modinfo.read(each.file) for each in needed}
    given = parameters.for_each(module, others.values(), words)
    own = [module, *(others[each.file] for each in needed if each.own)]
    if not given:
        return own, None
    lines = [f"options {name} {' '.join(map(_escaped, words))}\n" for name, words in given.items()]
    made_by = f"# Made by `rkmbuild load --persist` for {module.name}.\n"
    return own, "".join([made_by, *lines]).encode()


def _escaped(word: str) -> str:
    """Return a parameter as modprobe.d(5) wants it (libkmod/libkmod-util.c, getline_wrapped)."""
    if not word.isprintable():
        raise UsageError(f"parameter {word!r}: a file in modprobe.d cannot hold this")
    return word.replace("\\", "\\\\")


def _let_pass(
    conf: Path, name: str, writes: Mapping[Path, bytes], records: Mapping[str, Record]
) -> None:
    """Let pass what overwrites only files of ours."""
    foreign = [conf] if conf.exists() and name not in records else []
    foreign += [
        place
        for place in writes
        if place.exists() and not any(record.made(place) for record in records.values())
    ]
    if foreign:
        raise StorageError(
            f"{foreign[0]} already exists, and is not what rkmbuild wrote",
            hint="move it away: nothing that others made is overwritten",
        )


def _having(record: Record, writes: Mapping[Path, bytes]) -> Record:
    for place, content in writes.items():
        record = record.having(place, content)
    return record


def _is_stale(place: Path, folder: Path, writes: Mapping[Path, bytes]) -> bool:
    """Tell whether a file of an earlier call is of no more use; other kernels' files are."""
    return place not in writes and (place.is_relative_to(folder) or place.suffix != ".ko")


def _deletable(files: Iterable[Path], record: Record, others: Iterable[Record]) -> list[Path]:
    """Return those of a record's files that nobody else's needs, and that are as we made them."""
    shared = {place for other in others for place in other.files}
    found = []
    for place in files:
        if place in shared:
            continue
        if not digest(place):
            # A kill may have left only what was to be renamed to it.
            found += [place] if beside(place).exists() else []
        elif record.made(place):
            found.append(place)
        else:
            console.warning(f"{place} was changed since, and is not removed")
    return found


def _around(places: Iterable[Path]) -> list[Path]:
    """Return the folders in which the files lie, outer ones first."""
    return sorted({folder for place in places for folder in (place.parent.parent, place.parent)})
