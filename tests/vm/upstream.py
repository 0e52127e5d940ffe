"""Linux's own sources of its newest release, taken from Debian by apt's verified download."""

import io
import subprocess
import tarfile
from pathlib import Path

from rkmbuild.base import cache
from tests import debian, matrix

_PACKAGE = f"linux-source-{matrix.NEWEST.series}"


def samples() -> Path:
    """Return the folder samples/rust of the newest kernel of the matrix, fetched once."""

    def make(folder: Path) -> None:
        work = folder / "apt"
        (package,) = debian.download(matrix.NEWEST.suite, _PACKAGE, into=work)
        _unpack(package, folder)
        cache.discard(work)

    return cache.entry("upstream", _PACKAGE, make) / "samples"


def _unpack(package: Path, folder: Path) -> None:
    """Take the samples out of the archive of sources that the package holds."""
    data = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as outer:
        archive = outer.extractfile(f"./usr/src/{_PACKAGE}.tar.xz")
        assert archive is not None
        with tarfile.open(fileobj=archive, mode="r|xz") as inner:
            (folder / "samples").mkdir()
            for member in inner:
                path = Path(member.name)
                if path.parent.as_posix() == f"{_PACKAGE}/samples/rust" and path.suffix == ".rs":
                    source = inner.extractfile(member)
                    assert source is not None
                    (folder / "samples" / path.name).write_bytes(source.read())
