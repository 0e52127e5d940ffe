"""Linux's own sources of a newer release, taken from Debian by apt's verified download."""

import io
import subprocess
import tarfile
from pathlib import Path

from rkmbuild.base import cache
from tests import debian

PACKAGE = "linux-source-7.2"


def samples() -> Path:
    """Return the folder samples/rust of Linux 7.2, fetched once into the cache."""

    def make(folder: Path) -> None:
        work = folder / "apt"
        (package,) = debian.download("sid", PACKAGE, into=work)
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
