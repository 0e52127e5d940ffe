"""This machine's distribution: the command that installs headers, and whether it has apt."""

import os
import re
from pathlib import Path

from rkmbuild.distro import wsl

_OS_RELEASE = (Path("/etc/os-release"), Path("/usr/lib/os-release"))
_LINE = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)

# By ID, or a word of ID_LIKE (os-release(5)).
_COMMANDS = {
    "debian": "apt-get install linux-headers-{release}",
    "ubuntu": "apt-get install linux-headers-{release}",
    "fedora": "dnf install kernel-devel-{release}",
    "rhel": "dnf install kernel-devel-{release}",
    "arch": "pacman -S linux-headers",
    "suse": "zypper install kernel-default-devel",
    "opensuse": "zypper install kernel-default-devel",
}


def headers_command(release: str | None = None, os_release: Path | None = None) -> str | None:
    """Return the command that installs a kernel's headers here, or None where we do not know it.

    None as well for a kernel of WSL2, which no distribution has: `wsl.source_of` says where it is.

    Args:
        release: The kernel; the running one where None.
        os_release: The file that names the distribution; the machine's own where None.
    """
    if wsl.source_of(release or os.uname().release):
        return None
    for name in names(os_release):
        if name in _COMMANDS:
            return _COMMANDS[name].format(release=release or "$(uname -r)")
    return None


def has_apt() -> bool:
    """Tell whether packages come through apt here, so that kernels can be fetched."""
    # It knows of tools and architectures, which a build with nothing to do never asks for.
    from rkmbuild.distro import packages  # noqa: PLC0415

    return packages.manager() == "apt-get"


def names(os_release: Path | None = None) -> list[str]:
    """Return what this distribution is called, and then those that it is like: `ubuntu`, `debian`.

    Args:
        os_release: The file that names the distribution; the machine's own where None.
    """
    fields = _fields(os_release)
    # openSUSE's ID is opensuse-leap or opensuse-tumbleweed, its ID_LIKE "suse opensuse".
    return [name for name in (fields.get("ID"), *fields.get("ID_LIKE", "").split()) if name]


def codename(os_release: Path | None = None) -> str | None:
    """Return what this distribution's release is called, as `bookworm`, or None."""
    return _fields(os_release).get("VERSION_CODENAME") or None


def _fields(os_release: Path | None) -> dict[str, str]:
    for path in (os_release,) if os_release else _OS_RELEASE:
        try:
            text = path.read_text(errors="surrogateescape")
        except OSError:
            continue
        return {name: value.strip("\"'") for name, value in _LINE.findall(text)}
    return {}
