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
    for name in _names(os_release):
        if name in _COMMANDS:
            return _COMMANDS[name].format(release=release or "$(uname -r)")
    return None


def has_apt() -> bool:
    """Tell whether packages come through apt here, so that kernels can be fetched."""
    # It knows of tools and architectures, which a build with nothing to do never asks for.
    from rkmbuild.distro import packages  # noqa: PLC0415

    return packages.manager() == "apt-get"


def _names(os_release: Path | None) -> list[str]:
    for path in (os_release,) if os_release else _OS_RELEASE:
        try:
            text = path.read_text(errors="surrogateescape")
        except OSError:
            continue
        fields = {name: value.strip("\"'") for name, value in _LINE.findall(text)}
        # openSUSE's ID is opensuse-leap or opensuse-tumbleweed, its ID_LIKE "suse opensuse".
        return [fields.get("ID", ""), *fields.get("ID_LIKE", "").split()]
    return []
