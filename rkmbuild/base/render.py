"""Templates, rendered by Jinja2; a text that was rendered before comes from the cache.

Loading Jinja2 takes longer than rendering: a twentieth of a build after an edit.
"""

from collections.abc import Mapping
from pathlib import Path

from rkmbuild.base import cache

_FILE = "text"
# Counts up when another text comes of the same template and values.
_REVISION = 1


def render(template: Path, values: Mapping[str, object]) -> str:
    """Return `template` with `values` in it; what it asks for and does not get is an error.

    Only HTML is escaped: the other templates are JSON, which `tojson` quotes, makefiles and C.
    """
    source = template.read_text()

    def make(folder: Path) -> None:
        import jinja2  # noqa: PLC0415

        environment = jinja2.Environment(
            autoescape=jinja2.select_autoescape(default_for_string=template.suffix == ".html"),
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
        )
        environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
        (folder / _FILE).write_text(environment.from_string(source).render(values))

    name = cache.key("rendered", _REVISION, template.name, source, dict(values))
    return (cache.entry("rendered", name, make) / _FILE).read_text()
