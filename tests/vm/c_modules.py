"""Modules in C that behave and misbehave, built by kbuild itself."""

import shutil
from pathlib import Path

from rkmbuild.base import cache, process
from rkmbuild.kernel import overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler

_SOURCES = Path(__file__).parent.parent / "data" / "modules"


def built(tree: KernelTree) -> Path:
    """Return the folder with all of tests/data/modules as `.ko` files for one kernel."""
    laid = overlay.prepare(tree, foreign_compiler=False)
    compiler = c_compiler.choose("gcc", tree).compiler
    texts = {file.name: file.read_text() for file in sorted(_SOURCES.iterdir())}

    def make(folder: Path) -> None:
        with cache.temporary() as work:
            shutil.copytree(_SOURCES, work, dirs_exist_ok=True)
            process.run(
                # An undefined symbol is what some of them are about.
                ["make", "-C", laid.build, f"M={work}", f"CC={compiler.path}",
                 "KBUILD_MODPOST_WARN=1", "CONFIG_DEBUG_INFO_BTF_MODULES=",
                 f"KCFLAGS=-fmacro-prefix-map={work}/=", "modules"],
                doing="building the tests' modules",
            )  # fmt: skip
            for ko in work.glob("*.ko"):
                shutil.copy(ko, folder)

    return cache.entry("test-modules", cache.key(laid.key, compiler.text, texts), make)


def machines(temporary: Path) -> list[int]:
    """Return the process numbers of what works with files in `temporary`, as a machine does."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if str(temporary).encode() in words:
            found.append(int(folder.name))
    return found
