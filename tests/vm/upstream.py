"""Linux's own sources of a newer release, taken from Debian by apt's verified download."""

import io
import subprocess
import tarfile
from pathlib import Path

from rkmbuild import cache

PACKAGE = "linux-source-7.2"
_SOURCES = """\
Types: deb
URIs: http://deb.debian.org/debian
Suites: sid
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def samples() -> Path:
    """Return the folder samples/rust of Linux 7.2, fetched once into the cache."""

    def make(folder: Path) -> None:
        work = folder / "apt"
        for name in ("sources", "lists/partial", "archives/partial"):
            (work / name).mkdir(parents=True)
        (work / "sources" / "sid.sources").write_text(_SOURCES)
        options = [
            f"-o{name}={value}"
            for name, value in {
                "Dir::Etc::SourceList": "/dev/null",
                "Dir::Etc::SourceParts": work / "sources",
                "Dir::State::lists": work / "lists",
                "Dir::Cache": work,
                "APT::Sandbox::User": "root",
                "Acquire::Languages": "none",
            }.items()
        ]
        for command in (["update"], ["download", PACKAGE]):
            subprocess.run(["apt-get", "-qq", *options, *command], cwd=work, check=True)
        (package,) = work.glob("*.deb")
        _unpack(package, folder)
        cache.discard(work)

    return cache.entry("upstream", PACKAGE, make) / "samples"


def _unpack(package: Path, folder: Path) -> None:
    """Take the samples out of the archive of sources that the package holds."""
    data = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as outer:
        archive = outer.extractfile(f"./usr/src/{PACKAGE}.tar.xz")
        assert archive is not None
        with tarfile.open(fileobj=archive, mode="r|xz") as inner:
            (folder / "samples").mkdir()
            for member in inner:
                path = Path(member.name)
                if path.parent.as_posix() == f"{PACKAGE}/samples/rust" and path.suffix == ".rs":
                    source = inner.extractfile(member)
                    assert source is not None
                    (folder / "samples" / path.name).write_bytes(source.read())
