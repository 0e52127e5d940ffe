"""Which packages a kernel's tools need on a machine that is older than they are.

They are found by following what packages depend on. Libraries are followed from whatever has
programs; from a compiler everything is, for its driver, its passes and its assembler are packages
of their own. What a package of headers depends on is for programs that are linked with it, and none
are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from rkmbuild.distro.apt import Listed

# Sections of the archive (Debian policy, 2.4); Ubuntu's are `universe/libs` and the like.
_LIBRARIES = "libs"
_HEADERS = "libdevel"
# Suites that hold only what is added to another one. Debian's experimental has no such name.
_ADDED = re.compile(r"(?P<base>.+)-(?:backports(?:-sloppy)?|proposed-updates|security|updates)")
_UNDER = {"experimental": "sid", "rc-buggy": "sid"}


def suite_under(suite: str) -> str | None:
    """Return the suite that `suite` is added to, whose libraries its packages are built for."""
    found = _ADDED.fullmatch(suite)
    return found["base"] if found else _UNDER.get(suite)


def companions(
    programs: Iterable[Listed], more: Sequence[str], offered: Mapping[str, Listed]
) -> list[Listed]:
    """Return the packages that programs need beside their own, in the order of their names.

    Args:
        programs: Packages that are there.
        more: Names of packages to add, with all that they need.
        offered: What there is to choose from.
    """
    found: dict[str, Listed] = {}
    # Each need with whether only a library may meet it.
    needs = [(need, True) for package in programs for need in package.depends]
    needs += [((name,), False) for name in more]
    while needs:
        needs = [
            (further, _section(package) == _LIBRARIES)
            for package in _met(needs, offered, found)
            if _section(package) != _HEADERS
            for further in package.depends
        ]
    return [found[name] for name in sorted(found)]


def _met(
    needs: Iterable[tuple[tuple[str, ...], bool]],
    offered: Mapping[str, Listed],
    found: dict[str, Listed],
) -> list[Listed]:
    """Return the packages that meet `needs` and were not found before; they are now."""
    new = []
    for need, only_libraries in needs:
        choices = [offered[name] for name in need if name in offered]
        if any(choice.name in found for choice in choices):
            continue
        for choice in choices:
            if not only_libraries or _section(choice) == _LIBRARIES:
                found[choice.name] = choice
                new.append(choice)
                break
    return new


def _section(package: Listed) -> str:
    return package.section.rpartition("/")[2]
