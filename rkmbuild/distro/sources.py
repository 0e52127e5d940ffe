"""Which source of kernels this machine has."""

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import distribution
from rkmbuild.distro.debian import Debian
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
