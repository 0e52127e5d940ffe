"""Decodes the log of a guest: of which files its modules are is known."""

from pathlib import Path

from rkmbuild.guest.trial import Plan
from rkmbuild.ko import modinfo
from rkmbuild.trace.decode import Decoder
from rkmbuild.trace.search import Search, beside, of_module


def decoder(planned: Plan) -> Decoder:
    """Return a decoder for what a plan loads: the module, and those that it needs."""
    needed = [file for file in planned.files.values() if isinstance(file, Path)]
    modules = [planned.module.path, *(file for file in needed if beside(file).is_file())]
    build_ids = {info.name: info.build_id for info in map(modinfo.read, modules)}
    return Decoder(
        Search(
            [candidate for file in modules for candidate in of_module(file)],
            loaded=False,
            known=lambda module: build_ids.get(module, ""),
        )
    )
