"""Lines for addresses: a crate gets debug information unless its profile says otherwise."""

import tomllib
from collections.abc import Mapping
from typing import Any

from rkmbuild.project.project import Project

# `limited`: names, files and lines, also of inlined functions; no types. With `line-tables-only`
# inlined functions lose the names of the modules that they are in.
_LEVEL = 1


def arguments(project: Project, profile: str) -> list[str]:
    """Return the arguments that make cargo keep names and lines.

    It costs the module nothing, since it is split off. None where the workspace's Cargo.toml says
    `debug` for the profile, or for one that it inherits from, and none for `dev`, which has it.
    """
    document = tomllib.loads((project.workspace / "Cargo.toml").read_text())
    profiles = _table(document.get("profile"))
    chain: list[str] = []
    name: Any = profile
    while isinstance(name, str) and name not in chain:
        chain.append(name)
        if "debug" in _table(profiles.get(name)) or name == "dev":
            return []
        name = _table(profiles.get(name)).get("inherits")
    return ["--config", f"profile.{profile}.debug={_LEVEL}"]


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
