"""Functions that a module wants called when it comes or goes, and that nobody calls."""

from rkmbuild.kernel.tree import Kconfig
from rkmbuild.ko.elf import Elf

# With the priority behind a dot, where a compiler gives one.
_CONSTRUCTORS = (".init_array", ".ctors")
_DESTRUCTORS = (".fini_array", ".dtors")


def sections(file: Elf, config: Kconfig) -> list[str]:
    """Return the names of the tables with such functions.

    Constructors are called where CONFIG_CONSTRUCTORS is on, destructors nowhere
    (kernel/module/main.c, 6.1 to 7.3). With KASAN gcc adds a destructor to each object with a
    static (asan_finish_file, gcc/asan.cc), whose names are gone: they hide others.

    Args:
        file: The module.
        config: The kernel's configuration.
    """
    kinds: tuple[str, ...] = () if config.on("CONSTRUCTORS") else _CONSTRUCTORS
    kinds += () if config.on("KASAN_GENERIC") else _DESTRUCTORS
    return [
        name
        for section, name in zip(file.sections, file.names, strict=True)
        if section.allocated and section.size and any(_is(name, kind) for kind in kinds)
    ]


def _is(name: str, kind: str) -> bool:
    return name == kind or name.startswith(f"{kind}.")
