"""The modules that are in the running kernel now, from /proc/modules and /sys/module."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rkmbuild.base.errors import RefusedError
from rkmbuild.kernel.loaded import LoadedModule, parse
from rkmbuild.kernel.names import module_name
from rkmbuild.ko import modinfo

_PROC = Path("/proc/modules")
_SYS = Path("/sys/module")
_NOTE = ".note.rkmbuild"
_BUILD_ID = ".note.gnu.build-id"
# The kernel's own notes are a few dozen bytes; a module may bring any.
_MAX_NOTE = 64 << 10


def loaded(proc: Path = _PROC, sys: Path = _SYS) -> tuple[LoadedModule, ...]:
    """Return the modules in the kernel: those built by rkmbuild first, each part by name.

    Raises:
        RefusedError: this kernel takes no modules.
    """
    modules = (_with_sys(module, sys) for module in parse(_read(proc)))
    return tuple(sorted(modules, key=lambda module: (module.rkmbuild is None, module.name)))


def find(name: str, proc: Path = _PROC, sys: Path = _SYS) -> LoadedModule | None:
    """Return the module `name` (dashes as underscores), or None where it is not in the kernel."""
    wanted = module_name(name)
    for module in parse(_read(proc)):
        if module.name == wanted:
            return _with_sys(module, sys)
    return None


def users_first(module: LoadedModule, proc: Path = _PROC) -> tuple[LoadedModule, ...]:
    """Return a module and all that use it, in the order in which they can be unloaded."""
    known = {each.name: each for each in parse(_read(proc))}
    found: dict[str, LoadedModule] = {}

    def add(each: LoadedModule) -> None:
        for name in each.used_by:
            if name in known and name not in found:
                add(known[name])
        found[each.name] = each

    add(module)
    return tuple(found.values())


def text_address(name: str, sys: Path = _SYS) -> int:
    """Return where the .text of a loaded module is, 0 where the kernel does not tell us.

    It tells root alone (module_sect_read of kernel/module/sysfs.c).
    """
    try:
        return int(_bytes(sys / name / "sections" / ".text"), 16)
    except ValueError:
        return 0


def is_built_in(name: str, sys: Path = _SYS) -> bool:
    """Tell whether /sys knows `name` as a part of the kernel image itself.

    Only built-in code with parameters or a version is there; a loadable module has an `initstate`.
    """
    folder = sys / module_name(name)
    return folder.is_dir() and not (folder / "initstate").exists()


def missing(names: Iterable[str], proc: Path = _PROC) -> tuple[str, ...]:
    """Return those of `names` that are not in the kernel, in their order."""
    present = {module.name for module in parse(_read(proc))}
    return tuple(name for name in names if module_name(name) not in present)


def _read(proc: Path) -> str:
    try:
        return proc.read_text()
    except FileNotFoundError:
        raise RefusedError(
            f"this kernel cannot load modules: there is no {proc}",
            hint="`rkmbuild run` loads a module in a virtual machine",
        ) from None
    except OSError as error:
        raise RefusedError(f"cannot read {proc}: {error.strerror}") from None


def _with_sys(module: LoadedModule, sys: Path) -> LoadedModule:
    folder = sys / module.name
    made_by = modinfo.note(
        _bytes(folder / "notes" / _NOTE), modinfo.NOTE_OWNER, modinfo.NOTE_VERSION
    )
    build_id = modinfo.note(_bytes(folder / "notes" / _BUILD_ID), "GNU", 3)
    return replace(
        module,
        version=_bytes(folder / "version").decode(errors="replace").strip(),
        rkmbuild=None if made_by is None else made_by.rstrip(b"\0").decode(errors="replace"),
        build_id=(build_id or b"").hex(),
    )


def _bytes(file: Path) -> bytes:
    """Return a small file of /sys, empty where it is not there: a module may go at any moment."""
    try:
        with file.open("rb") as stream:
            return stream.read(_MAX_NOTE)
    except OSError:
        return b""
