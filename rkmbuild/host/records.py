"""What we loaded since boot: where each module came from, and a copy to put back.

A file a module, `<state>/loaded/<name>.json`, and `<name>.ko` beside it. The file that a module was
loaded from is often overwritten by the next build while the old one still runs: only a copy can be
put back if the new one is refused. A record of another boot, or of a module with another build
id, counts for nothing.
"""

import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from rkmbuild.base import console, files, paths
from rkmbuild.kernel.loaded import LoadedModule

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# A copy costs the state folder this much at most; modules of ours have well under 1 MiB.
_MAX_COPY = 64 << 20


@dataclass(frozen=True, kw_only=True)
class LoadRecord:
    """A load by this tool.

    Attributes:
        name: The module's name.
        path: The file that was loaded.
        parameters: As they were given to the kernel.
        build_id: Of the module, or empty.
        sequence: Number of the kernel log's first record after the load began, or None.
        boot: The boot it happened in (/proc/sys/kernel/random/boot_id).
        text: Address of its .text, or 0 where that is not known: root alone may read it.
    """

    name: str
    path: str
    parameters: tuple[str, ...]
    build_id: str
    sequence: int | None
    boot: str
    text: int = 0


def boot_id() -> str:
    """Return the name of this boot, empty where the kernel has none."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def note(record: LoadRecord, file: Path) -> None:
    """Keep `record` and a copy of `file`; a state folder that cannot be written is no failure."""
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.stat().st_size <= _MAX_COPY:
            with files.replacing(folder / f"{record.name}.ko") as copy:
                shutil.copyfile(file, copy)
        files.write(folder / f"{record.name}.json", json.dumps(asdict(record)))
    except OSError as error:
        console.detail(f"cannot note the load in {folder}: {error.strerror}")


def find(name: str) -> LoadRecord | None:
    """Return the record of the last load of `name` in this boot, or None."""
    try:
        values = json.loads((_folder() / f"{name}.json").read_text())
        values["parameters"] = tuple(values["parameters"])
        record = LoadRecord(**values)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return record if record.boot == boot_id() else None


def latest() -> LoadRecord | None:
    """Return the record of the last load of all in this boot, or None."""
    with suppress(OSError):
        noted = sorted(_folder().glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        records = (find(file.stem) for file in reversed(noted))
        return next((record for record in records if record), None)
    return None


def copy_of(module: LoadedModule) -> tuple[Path, LoadRecord] | None:
    """Return the file that puts back `module`, which is in the kernel now, or None."""
    record = find(module.name)
    copy = _folder() / f"{module.name}.ko"
    if not record or not module.build_id or record.build_id != module.build_id:
        return None
    return (copy, record) if copy.is_file() else None


def forget(name: str) -> None:
    """Drop the copy of a module that is no longer in the kernel; its place in the log stays."""
    with suppress(OSError):
        (_folder() / f"{name}.ko").unlink()


def _folder() -> Path:
    return paths.state_dir() / "loaded"
