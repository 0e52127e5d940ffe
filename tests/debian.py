"""Packages of any Debian suite, by apt's verified download; nothing is installed."""

from pathlib import Path

from rkmbuild.distro.apt_suite import Suite


def download(suite: str, *packages: str, into: Path) -> list[Path]:
    """Return the .deb files of `packages`, in the newest version that `suite` has.

    Args:
        into: A folder for them.
    """
    asked = Suite(suite, allow_expired=True)
    listed = asked.listed("", lambda name: name in packages)
    return [got.file for got in asked.download(listed.values(), into)]
