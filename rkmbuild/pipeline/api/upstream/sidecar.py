"""What the upstream API builds once a kernel: the crates of its source, as rustc reads them.

An entry of the cache holds a manifest and `objtree`, which lies over the kernel's own objtree:
what `make prepare` of a kernel with CONFIG_RUST leaves in `rust/` for modules, and
`scripts/target.json`.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rkmbuild.toolchain.parts import Rust, Version

KIND = "sidecar"
MANIFEST = "sidecar.json"


class Way(StrEnum):
    """How a module comes by the crate's code.

    Attributes:
        OWN: The kernel has it, and exports its symbols.
        STATIC: The module brings what it uses of it.
    """

    OWN = "own"
    STATIC = "static"


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """The upstream crate for one kernel.

    Attributes:
        folder: The entry of the cache.
        release: The kernel's.
        way: How modules are linked.
        why: Why that way, in words.
        rust: The toolchain whose metadata it is: no other reads it.
        source: The version of the source that it was made from.
    """

    folder: Path
    release: str
    way: Way
    why: str
    rust: Rust
    source: str

    @property
    def objtree(self) -> Path:
        """What lies over the kernel's objtree."""
        return self.folder / "objtree"

    @property
    def crates(self) -> Path:
        """The metadata and the procedural macros; rustc's `-L`."""
        return self.objtree / "rust"

    @property
    def target(self) -> Path:
        """The target specification."""
        return self.objtree / "scripts/target.json"

    def write(self) -> None:
        """Write the manifest, last of all that is in the folder."""
        rust = {name: str(value) for name, value in vars(self.rust).items()}
        document = {
            "release": self.release,
            "way": self.way,
            "why": self.why,
            "source": self.source,
            "rust": {**rust, "vendored": self.rust.vendored},
        }
        (self.folder / MANIFEST).write_text(json.dumps(document, indent=2) + "\n")


def read(folder: Path) -> Sidecar:
    """Return the sidecar that lies in an entry of the cache."""
    said: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    rust = said["rust"]
    paths = ("rustc", "cargo", "sysroot", "library")
    return Sidecar(
        folder=folder,
        release=said["release"],
        way=Way(said["way"]),
        why=said["why"],
        source=said["source"],
        rust=Rust(
            **{name: Path(rust[name]) for name in paths},
            version=Version(*map(int, rust["version"].split("."))),
            verbose=rust["verbose"],
            host=rust["host"],
            vendored=rust["vendored"],
            origin=rust["origin"],
        ),
    )
