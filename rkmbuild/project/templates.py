"""Skeletons of module projects: the folders of templates/ that have a template.toml.

A skeleton holds what makes it different; all that it does not have itself comes from
templates/project. Its files may extend one of those and fill its blocks, and include snippets.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import paths
from rkmbuild.base.errors import UsageError
from rkmbuild.base.render import environment
from rkmbuild.base.suggest import did_you_mean

_MANIFEST = "template.toml"
_COMMON = "project"


class Template(NamedTuple):
    """A project skeleton."""

    name: str
    description: str
    folder: Path


def templates() -> list[Template]:
    """Return the skeletons that ship with the tool, by name."""
    found = []
    for manifest in sorted(paths.data("templates").glob(f"*/{_MANIFEST}")):
        with manifest.open("rb") as file:
            description = tomllib.load(file)["description"]
        found.append(Template(manifest.parent.name, description, manifest.parent))
    return found


def find(name: str) -> Template:
    """Return the skeleton of this name.

    Raises:
        UsageError: there is none.
    """
    known = {template.name: template for template in templates()}
    if name not in known:
        hint = did_you_mean(name, known, listed_as="known are")
        raise UsageError(f"there is no template `{name}`", hint=hint)
    return known[name]


def render(template: Template, project: Path, values: Mapping[str, object]) -> None:
    """Write a skeleton's files: `.j2` ones are rendered, and so are names; `dot.x` is `.x`."""
    common = template.folder.parent
    reader = environment(folder=common)
    for name, source in sorted((_files(common / _COMMON) | _files(template.folder)).items()):
        named = reader.from_string(name).render(values)
        target = project / re.sub(r"(^|/)dot\.", r"\1.", named).removesuffix(".j2")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".j2":
            text = reader.get_template(source.relative_to(common).as_posix()).render(values)
        else:
            text = source.read_text(encoding="utf-8")
        target.write_text(text, encoding="utf-8")


def _files(folder: Path) -> dict[str, Path]:
    """Return the files of a skeleton by their names in it."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != _MANIFEST)
    return {path.relative_to(folder).as_posix(): path for path in files}
