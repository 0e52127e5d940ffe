"""Which source of kernels this machine has."""

import urllib.parse
from pathlib import Path

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import distribution
from rkmbuild.distro.deb_folder import DebFolder
from rkmbuild.distro.debian import Debian
from rkmbuild.distro.rpm_folder import RpmFolder
from rkmbuild.distro.source import KernelSource


def of_this_machine(suite: str | None = None, *, allow_expired: bool = False) -> KernelSource:
    """Return the source that goes with this machine's package manager.

    Args:
        suite: A suite of the distribution's archive; None for what the machine is set up for.
        allow_expired: Take the suite if the archive does not vouch any more that it is the newest.

    Raises:
        FetchError: there is none for it.
    """
    if distribution.has_apt():
        return Debian(suite, allow_expired=allow_expired)
    command = distribution.headers_command()
    raise FetchError(
        "kernels are fetched with apt, which was not found",
        hint=(f"`{command}` installs the headers of the running kernel\n" if command else "")
        + "`--kernel PATH` builds for a kernel tree from elsewhere",
    )


def of_folder(place: str) -> KernelSource:
    """Return the source that a folder of packages is.

    Args:
        place: Its path, or a file:// address.

    Raises:
        FetchError: there are no packages in it.
    """
    address = urllib.parse.urlsplit(place)
    local = address.scheme == "file" and address.netloc in ("", "localhost")
    if not local and "://" in place:
        raise FetchError(
            f"{place} is no folder of this machine",
            hint="--from takes a folder of .deb or .rpm files, by its path or as file:///PATH",
        )
    folder = Path(urllib.parse.unquote(address.path) if local else place).absolute()
    if not folder.is_dir():
        raise FetchError(f"{folder} is no folder")
    if next(folder.rglob("*.rpm"), None):
        return RpmFolder(folder)
    if next(folder.rglob("*.deb"), None):
        return Debian(apt=DebFolder(folder), name=str(folder), any_name=True)
    raise FetchError(f"{folder} has neither .deb nor .rpm packages")
