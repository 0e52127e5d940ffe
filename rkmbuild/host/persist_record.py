"""What was installed for a module that is loaded at boot, as its file in modules-load.d tells."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

# Below lib/modules/<release>; depmod prefers what is in `updates` (depmod.d(5)).
HOME = Path("updates/rkmbuild")
_LOAD = Path("etc/modules-load.d")
_OPTIONS = Path("etc/modprobe.d")
_PREFIX = "rkmbuild-"
_MARK = "# Made by `rkmbuild load --persist`; `rkmbuild load --remove-persist {name}` undoes it.\n"
_FILE = re.compile(r"^# file (/\S+) ([0-9a-f]{64})$", re.MULTILINE)
_FOLDER = re.compile(r"^# folder (/\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was made for a module.

    Attributes:
        name: The module.
        files: Each file with the digests of what we put there; the last one may not have got there.
        folders: Those that were not there before.
    """

    name: str
    files: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()

    def made(self, place: Path) -> bool:
        """Tell whether what is at `place` now is what we put there."""
        return digest(place) in self.files.get(place, frozenset())

    def having(self, place: Path, content: bytes) -> "Record":
        """Return the record once `content` is put at `place`, or will be."""
        known = {digest(place)} if self.made(place) else set()
        files = {**self.files, place: frozenset(known | {hashlib.sha256(content).hexdigest()})}
        return replace(self, files=files)

    def without(self, place: Path) -> "Record":
        """Return the record without a file."""
        return replace(self, files={p: d for p, d in self.files.items() if p != place})

    def render(self) -> bytes:
        """Return the file in modules-load.d, which names the module to load (modules-load.d(5))."""
        lines = [_MARK.format(name=self.name)]
        lines += [f"# folder {folder}\n" for folder in self.folders]
        for place, digests in self.files.items():
            lines += [f"# file {place} {each}\n" for each in sorted(digests)]
        return "".join([*lines, f"{self.name}\n"]).encode()


def conf_of(name: str, root: Path) -> Path:
    """Return the file that has a module loaded at boot."""
    return root / _LOAD / f"{_PREFIX}{name}.conf"


def options_of(name: str, root: Path) -> Path:
    """Return the file with the parameters of a module, and of those it needs."""
    return root / _OPTIONS / f"{_PREFIX}{name}.conf"


def read_all(root: Path) -> dict[str, Record]:
    """Return what was installed, by module; a file without our mark is none of ours.

    Nor is what a record names and we would never have made: root goes by it, and somebody may have
    written into it.
    """
    found = {}
    for conf in sorted((root / _LOAD).glob(f"{_PREFIX}*.conf")):
        name = conf.stem.removeprefix(_PREFIX)
        try:
            text = conf.read_text(errors="replace")
        except OSError:
            continue
        if text.startswith(_MARK.format(name=name)):
            files: dict[Path, frozenset[str]] = {}
            for place, value in ((Path(place), value) for place, value in _FILE.findall(text)):
                if _may_be_ours(place, root):
                    files[place] = files.get(place, frozenset()) | {value}
            folders = tuple(Path(place) for place in _FOLDER.findall(text))
            found[name] = Record(name=name, files=files, folders=folders)
    return found


def _may_be_ours(place: Path, root: Path) -> bool:
    """Tell whether a file lies where `load --persist` puts modules and parameters."""
    if ".." in place.parts or not place.is_relative_to(root):
        return False
    if place.parent == root / _OPTIONS:
        return place.name.startswith(_PREFIX)
    return place.parent.match(f"lib/modules/*/{HOME}") and place.suffix == ".ko"


def digest(place: Path) -> str:
    """Return the SHA-256 of a file in hex digits; empty where it is not there or not readable."""
    try:
        return hashlib.sha256(place.read_bytes()).hexdigest()
    except OSError:
        return ""
