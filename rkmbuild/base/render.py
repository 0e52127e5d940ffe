"""Templates, rendered by Jinja2, all by the same rules.

Loading Jinja2 takes longer than rendering: a twentieth of a build after an edit. So a text that a
build rendered before comes from the cache.
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rkmbuild.base import cache

if TYPE_CHECKING:
    from jinja2 import Environment

_FILE = "text"
# Counts up when another text comes of the same template and values.
_REVISION = 2


def environment(*, folder: Path | None = None, html: bool = False) -> "Environment":
    """Return what renders templates; what one asks for and does not get is an error.

    A text goes into JSON, TOML, YAML or Rust through the filter `quoted`, which is the same in all
    of them for one that is printable, and into a shell's command through `sh`. `tojson` is for
    values of other kinds: it also escapes what means something in HTML.

    Args:
        folder: Where the templates lie that others include or extend.
        html: Escape every value: off for all other languages.
    """
    import jinja2  # noqa: PLC0415 - 30 ms that few commands need

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder) if folder else None,
        autoescape=jinja2.select_autoescape(default_for_string=html),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    made.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    made.filters["sh"] = shlex.quote
    return made


def render(template: Path, values: Mapping[str, object]) -> str:
    """Return `template` with `values` in it, from the cache if it was rendered before."""
    source = template.read_text(encoding="utf-8")

    def make(folder: Path) -> None:
        made = environment(html=template.suffix == ".html").from_string(source)
        (folder / _FILE).write_text(made.render(values), encoding="utf-8")

    name = cache.key("rendered", _REVISION, template.name, source, dict(values))
    return (cache.entry("rendered", name, make) / _FILE).read_text(encoding="utf-8")
