"""The target specification: rendered from `targets/`, for one rustc and one kernel."""

import json
from collections.abc import Sequence
from typing import Any

from rkmbuild import paths
from rkmbuild.errors import ToolchainError
from rkmbuild.toolchain.rust_facts import BARE_TARGET, RustFacts

_SAME = ("arch", "data-layout", "target-pointer-width", "max-atomic-width", "rustc-abi")
"""Fields that describe the machine's ABI, so that ours must say what rustc's own target says."""


def name(arch: str) -> str:
    """Return the target's name, which is its file's name: `x86_64-kernel`."""
    return f"{arch}-kernel"


def render(arch: str, facts: RustFacts, features: Sequence[str]) -> str:
    """Return the target specification, as JSON.

    Fields whose form drifts between releases of rustc (target-pointer-width became a number in
    1.91, rustc-abi is demanded from 1.86 and unknown before) are taken from what this rustc
    prints for its own freestanding target, so that a new release needs no change here.

    Raises:
        ToolchainError: the result contradicts rustc's own target.
    """
    import jinja2  # noqa: PLC0415 - 50 ms that a run with nothing to do saves

    folder = jinja2.FileSystemLoader(paths.data("targets"))
    # What is rendered is JSON, which tojson quotes: there is no HTML here to escape.
    environment = jinja2.Environment(loader=folder, undefined=jinja2.StrictUndefined)  # noqa: S701
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    template = environment.get_template(f"{name(arch)}.json")
    try:
        text = template.render(bare=facts.bare_spec, features=list(features))
        spec: dict[str, Any] = json.loads(text)
    except (jinja2.UndefinedError, json.JSONDecodeError) as error:
        raise ToolchainError(
            f"rustc's own target {BARE_TARGET[arch]} lacks what ours is made from: {error}"
        ) from None
    for field in _SAME:
        if spec.get(field) != facts.bare_spec.get(field):
            raise ToolchainError(
                f"target specification {name(arch)}: `{field}` is {spec.get(field)!r}, but rustc's "
                f"own target {BARE_TARGET[arch]} has {facts.bare_spec.get(field)!r}"
            )
    return json.dumps(spec, indent=2, sort_keys=True) + "\n"
