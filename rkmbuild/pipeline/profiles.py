"""What cargo's profile says where Cargo.toml does not: lines for addresses, and the API's wish."""

import tomllib
from collections.abc import Mapping
from typing import Any

from rkmbuild.project.project import Project

# `limited`: names, files and lines, also of inlined functions; no types. With `line-tables-only`
# inlined functions lose the names of the modules that they are in.
_DEBUG = "1"


def arguments(
    project: Project,
    profile: str,
    wanted: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the arguments that make cargo keep names and lines, and do as the API asks.

    The names and lines cost the module nothing, since they are split off. None where the
    workspace's Cargo.toml says `debug` for the profile, or for one that it inherits from, and none
    for `dev`, which has it.

    Args:
        project: Whose Cargo.toml is looked at.
        profile: The profile's name.
        wanted: What holds where it says nothing, as TOML by key.
        fixed: What holds whatever it says.
    """
    document = tomllib.loads((project.workspace / "Cargo.toml").read_text())
    profiles = _table(document.get("profile"))
    chain: list[str] = []
    name: Any = profile
    said: set[str] = set()
    while isinstance(name, str) and name not in chain:
        chain.append(name)
        said |= _table(profiles.get(name)).keys()
        if name == "dev":
            said.add("debug")
        name = _table(profiles.get(name)).get("inherits")
    values = {"debug": _DEBUG, **(wanted or {})}
    values = {key: value for key, value in values.items() if key not in said} | dict(fixed or {})
    found: list[str] = []
    for key, value in values.items():
        found += ["--config", f"profile.{profile}.{key}={value}"]
    return found


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
