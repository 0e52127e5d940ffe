"""The headers of a project."""

import os
import re
from pathlib import Path

# What a project says to cbindgen, which makes a header of its Rust.
OWN_CONFIGURATION = "cbindgen.toml"
_QUOTED = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def with_included(header: Path) -> list[Path]:
    """Return a header of a project and those of the project that it includes, itself first."""
    found: dict[Path, None] = {}
    waiting = [header]
    while waiting:
        file = waiting.pop()
        if file in found or not file.is_file():
            continue
        found[file] = None
        names = _QUOTED.findall(file.read_text(errors="replace"))
        waiting += [Path(os.path.normpath(file.parent / name)) for name in names]
    return list(found)
