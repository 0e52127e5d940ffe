"""Find a program by its name, with its version, and say which package gives it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rkmbuild.base import process, search_path
from rkmbuild.base.errors import ToolchainError, WantedPart
from rkmbuild.toolchain import versions
from rkmbuild.toolchain.parts import PassedOver, Tool, Version
from rkmbuild.toolchain.remembered import remembered
from rkmbuild.toolchain.unusable import unusable


def find(name: str, read: Callable[[str], Version | None] = versions.after_package) -> Tool | None:
    """Return the program `name` of PATH, or None if it is not there.

    Args:
        name: The command.
        read: Reads the version out of what `--version` prints.

    Raises:
        ToolchainError: it is there and does not say its version.
    """
    path = search_path.named(name)
    return at(path, read) if path else None


def at(path: Path, read: Callable[[str], Version | None] = versions.after_package) -> Tool:
    """Return the program at `path`.

    Raises:
        ToolchainError: it does not say its version.
    """

    def ask() -> dict[str, Any]:
        done = process.run(
            [path, "--version"],
            doing=f"asking {path.name} for its version",
            timeout=60,
            failure=ToolchainError,
        )
        return {"text": done.stdout or done.stderr}

    try:
        text = remembered("--version", [path], ask)["text"]
    except OSError as error:
        raise ToolchainError(f"{path} cannot be read: {error.strerror}") from None
    version = read(text.partition("\n")[0])
    if not version:
        raise ToolchainError(f"{path} does not say its version")
    return Tool(name=path.name, path=path, version=version)


def require(
    name: str,
    *,
    part: str,
    oldest: Version | None = None,
    read: Callable[[str], Version | None] = versions.after_package,
) -> Tool:
    """Return the program `name`, of which release `oldest` is the oldest that will do.

    Args:
        part: What it belongs to, as packages are listed.

    Raises:
        ToolchainError: it is not there or too old.
    """
    tool = find(name, read)
    if not tool:
        raise unusable(name, WantedPart(part), [])
    if oldest and tool.version < oldest:
        why = f"it is {tool.version}, and {oldest} is the oldest that can be used"
        raise unusable(name, WantedPart(part), [PassedOver(str(tool.path), why)])
    return tool
