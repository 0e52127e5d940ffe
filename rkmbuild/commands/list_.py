"""`rkmbuild list`: the modules in the running kernel."""

from typing import Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options


def list_(
    ours: Annotated[bool, typer.Option("--ours", help="Only modules built by rkmbuild.")] = False,
    as_json: options.Json = False,
) -> None:
    """List the modules in the running kernel, those built by rkmbuild first."""
    from rkmbuild.host import procmodules

    console.configure(as_json=as_json)
    modules = [m for m in procmodules.loaded() if m.rkmbuild is not None or not ours]
    if console.is_json():
        console.result([module.document() for module in modules])
        return
    columns = ("module", "size", "refcount", "used by", "state", "taint", "version", "built by")
    rows = [
        (
            module.name,
            str(module.size),
            "permanent" if module.permanent else str(module.refcount),
            ", ".join(module.used_by) or "-",
            module.state,
            module.taint or "-",
            module.version or "-",
            "-" if module.rkmbuild is None else f"rkmbuild {module.rkmbuild}",
        )
        for module in modules
    ]
    console.table(columns, rows)
