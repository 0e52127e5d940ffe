"""Read version numbers out of what tools print."""

import re

from rkmbuild.toolchain.parts import Version


def first(text: str) -> Version | None:
    """Return the first dotted number in `text`: 4.3 of `GNU Make 4.3`, or None."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return Version(*(int(number or 0) for number in found.groups())) if found else None


def after_package(text: str) -> Version | None:
    """Return the version that follows a package's own in parentheses.

    GNU tools say `gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0` or
    `gcc (GCC) 14.2.1 20240912 (Red Hat 14.2.1-3)`: what counts comes after the first parenthesis.
    """
    _, parenthesis, rest = text.partition(") ")
    return first(rest if parenthesis else text)
