"""The target specification: rendered from `targets/`, for one rustc and one kernel."""

import json
from collections.abc import Sequence
from typing import Any

from rkmbuild.arch import architectures
from rkmbuild.base import paths
from rkmbuild.base import render as templates
from rkmbuild.base.errors import ToolchainError
from rkmbuild.toolchain.rust_facts import RustFacts

_SAME = ("arch", "data-layout", "target-pointer-width", "max-atomic-width", "rustc-abi")
"""Fields that describe the machine's ABI, so that ours must say what rustc's own target says."""

_NEEDED = frozenset({"cpu", "data-layout", "features", "linker-flavor", "target-pointer-width"})


def name(arch: str) -> str:
    """Return the target's name, which is its file's name: that of the machine, and `-kernel`."""
    return f"{arch}-kernel"


def render(
    arch: str, facts: RustFacts, features: Sequence[str], sanitizers: Sequence[str] = ()
) -> str:
    """Return the target specification, as JSON; it supports these sanitizers beside rustc's own.

    Fields whose form drifts between releases of rustc (target-pointer-width became a number in
    1.91, rustc-abi is demanded from 1.86 and unknown before) are taken from what this rustc
    prints for its own freestanding target, so that a new release needs no change here.

    Raises:
        ToolchainError: the result contradicts rustc's own target, or cannot be made from it.
    """
    bare = facts.bare_spec
    target = architectures.of(arch).bare_target
    missing = _NEEDED - bare.keys()
    if missing:
        raise ToolchainError(
            f"rustc's own target {target} does not have what ours is made from: "
            f"{', '.join(sorted(missing))}"
        )
    supported = dict.fromkeys([*bare.get("supported-sanitizers", ()), *sanitizers])
    values = {"bare": bare, "features": list(features), "sanitizers": list(supported)}
    text = templates.render(paths.data("targets") / f"{name(arch)}.json", values)
    spec: dict[str, Any] = json.loads(text)
    for field in _SAME:
        if spec.get(field) != bare.get(field):
            raise ToolchainError(
                f"target specification {name(arch)}: `{field}` is {spec.get(field)!r}, but rustc's "
                f"own target {target} has {bare.get(field)!r}"
            )
    return json.dumps(spec, indent=2, sort_keys=True) + "\n"
