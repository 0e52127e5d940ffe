"""Packages of any Debian suite, by apt's verified download; nothing is installed."""

import subprocess
from pathlib import Path

_SOURCES = """\
Types: deb
URIs: http://deb.debian.org/debian
Suites: {suite}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def download(suite: str, *packages: str, into: Path) -> list[Path]:
    """Return the .deb files of `packages`, in the newest version that `suite` has.

    Args:
        into: A folder for them, and for the lists that they are found by.
    """
    for name in ("sources", "lists/partial", "archives/partial"):
        (into / name).mkdir(parents=True)
    (into / "sources" / f"{suite}.sources").write_text(_SOURCES.format(suite=suite))
    options = [
        f"-o{name}={value}"
        for name, value in {
            "Dir::Etc::SourceList": "/dev/null",
            "Dir::Etc::SourceParts": into / "sources",
            "Dir::State::lists": into / "lists",
            # What is installed here would be taken for the newest version.
            "Dir::State::status": "/dev/null",
            "Dir::Cache": into,
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
        }.items()
    ]
    for command in (["update"], ["download", *packages]):
        subprocess.run(["apt-get", "-qq", *options, *command], cwd=into, check=True)
    return sorted(into.glob("*.deb"))
