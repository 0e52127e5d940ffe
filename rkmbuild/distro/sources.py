"""Which source of kernels this machine has."""

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import distribution
from rkmbuild.distro.debian import Debian
from rkmbuild.distro.source import KernelSource


def of_this_machine() -> KernelSource:
    """Return the source that goes with this machine's package manager.

    Raises:
        FetchError: there is none for it.
    """
    if distribution.has_apt():
        return Debian()
    command = distribution.headers_command()
    raise FetchError(
        "kernels are fetched with apt, which was not found",
        hint=(f"`{command}` installs the headers of the running kernel\n" if command else "")
        + "`--kernel PATH` builds for a kernel tree from elsewhere",
    )
