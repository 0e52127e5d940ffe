"""Modules that are loaded into a kernel, as the text of its /proc/modules tells."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

_PERMANENT = "[permanent]"


@dataclass(frozen=True, kw_only=True)
class LoadedModule:
    """A line of /proc/modules (kernel/module/procfs.c, Linux 6.12), and what /sys adds.

    Attributes:
        name: The kernel's name for it.
        size: Bytes of kernel memory.
        refcount: How many hold it: modules, open files, mounts, sockets; -1 where the kernel does
            not count (CONFIG_MODULE_UNLOAD unset).
        used_by: Modules that hold it.
        permanent: Whether it has no way out: it cannot be unloaded.
        state: `Live`, `Loading` or `Unloading`.
        taint: Letters, as `OE`: O for out of tree, E for unsigned, P for proprietary.
        version: MODULE_VERSION, or empty.
        rkmbuild: Version of rkmbuild that built it, or None where another tool did.
        build_id: The linker's build id in hex digits, or empty.
    """

    name: str
    size: int
    refcount: int
    used_by: tuple[str, ...]
    permanent: bool
    state: str
    taint: str
    version: str = ""
    rkmbuild: str | None = None
    build_id: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return asdict(self)

    def references(self) -> dict[str, Any]:
        """Return who holds it, as `--json` shows that."""
        return {"name": self.name, "refcount": self.refcount, "used_by": list(self.used_by)}


def parse(text: str) -> Iterator[LoadedModule]:
    """Read the text of /proc/modules; lines of another form are left out."""
    for line in text.splitlines():
        words = line.split()
        # name size refcount users state address [taint]; without CONFIG_MODULE_UNLOAD "-" twice.
        if len(words) < 6 or not words[1].isdecimal():
            continue
        holders = [name for name in words[3].split(",") if name not in ("", "-")]
        yield LoadedModule(
            name=words[0],
            size=int(words[1]),
            refcount=_number(words[2]),
            used_by=tuple(name for name in holders if name != _PERMANENT),
            permanent=_PERMANENT in holders,
            state=words[4],
            # A module on its way in or out has a + or - behind the letters; `state` says that.
            taint=words[6].strip("()+-") if len(words) > 6 else "",
        )


def counted(module: LoadedModule) -> str:
    """Return a module's name with its reference count and who holds it."""
    users = f" by {', '.join(module.used_by)}" if module.used_by else ""
    return f"{module.name} (refcount {module.refcount}{users})"


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return -1
