"""Skeletons of module projects: the folders of templates/ that have a template.toml.

A skeleton holds what makes it different; all that it does not have itself comes from
templates/project. Its files may extend one of those and fill its blocks, and include snippets.
`apis` in its template.toml says which APIs it is written on, the portable one where that is not
said; what differs for one of them lies in a folder of the API's name. `since` says from which Linux
on the kernel's own crate has what it uses, where not each has.
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
from rkmbuild.kernel.tree import KernelVersion
from rkmbuild.project.project import APIS

_MANIFEST = "template.toml"
_COMMON = "project"
_OF_AN_API = tuple(f"{api}/" for api in APIS)


class Template(NamedTuple):
    """A project skeleton."""

    name: str
    description: str
    folder: Path
    apis: tuple[str, ...] = APIS[:1]
    since: KernelVersion | None = None


def templates() -> list[Template]:
    """Return the skeletons that ship with the tool, by name."""
    found = []
    for manifest in sorted(paths.data("templates").glob(f"*/{_MANIFEST}")):
        with manifest.open("rb") as file:
            said = tomllib.load(file)
        apis = tuple(said.get("apis", APIS[:1]))
        since = KernelVersion(*map(int, said["since"].split("."))) if "since" in said else None
        name, description = manifest.parent.name, said["description"]
        found.append(Template(name, description, manifest.parent, apis, since))
    return found


def find(name: str, api: str = APIS[0], kernel: KernelVersion | None = None) -> Template:
    """Return the skeleton of this name.

    Args:
        name: Its name.
        api: What it is to be written on.
        kernel: The kernel whose own crate that is; the newest where None.

    Raises:
        UsageError: there is none, no such API, or none of that name which is written on it.
    """
    if api not in APIS:
        raise UsageError(
            f"there is no API `{api}`", hint=did_you_mean(api, APIS, listed_as="known are")
        )
    known = {template.name: template for template in templates()}
    if name not in known:
        hint = did_you_mean(name, known, listed_as="known are")
        raise UsageError(f"there is no template `{name}`", hint=hint)
    if api not in known[name].apis:
        others = ", ".join(each.name for each in known.values() if api in each.apis)
        raise UsageError(
            f"the template `{name}` is not written on the {api} API", hint=f"these are: {others}"
        )
    since = known[name].since
    if kernel and since and kernel < since:
        others = ", ".join(
            each.name for each in known.values() if api in each.apis and not each.since
        )
        raise UsageError(
            f"the template `{name}` uses what the kernel's own crate has from Linux "
            f"{since.major}.{since.minor} on, and not that of {kernel}",
            hint=f"these are written for it: {others}",
        )
    return known[name]


def render(
    template: Template, project: Path, values: Mapping[str, object], api: str = APIS[0]
) -> None:
    """Write a skeleton's files: `.j2` ones are rendered, and so are names; `dot.x` is `.x`."""
    common = template.folder.parent
    reader = environment(folder=common)
    files = _files(common / _COMMON) | _files(template.folder) | _files(template.folder / api)
    for name, source in sorted(files.items()):
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
    found = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path for name, path in found.items() if not name.startswith(_OF_AN_API)}
