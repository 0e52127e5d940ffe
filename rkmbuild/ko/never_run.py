"""Functions that a module wants called when it comes or goes, and that nobody calls."""

from rkmbuild.ko.elf import Elf

# With the priority behind a dot, where a compiler gives one.
_CONSTRUCTORS = (".init_array", ".ctors")
_DESTRUCTORS = (".fini_array", ".dtors")


def sections(file: Elf, *, calls_constructors: bool) -> list[str]:
    """Return the names of the tables with such functions.

    Args:
        file: The module.
        calls_constructors: Whether its kernel calls constructors (CONFIG_CONSTRUCTORS); none calls
            destructors (kernel/module/main.c, 6.1 to 7.3).
    """
    kinds = _DESTRUCTORS if calls_constructors else (*_CONSTRUCTORS, *_DESTRUCTORS)
    return [
        name
        for section, name in zip(file.sections, file.names, strict=True)
        if section.allocated and section.size and any(_is(name, kind) for kind in kinds)
    ]


def _is(name: str, kind: str) -> bool:
    return name == kind or name.startswith(f"{kind}.")
