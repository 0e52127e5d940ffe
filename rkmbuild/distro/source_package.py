"""The source of a kernel, from the package of it that Debian's archive has for each series."""

import re
from collections.abc import Sequence
from pathlib import Path

from rkmbuild.base import cache, process
from rkmbuild.base.errors import FetchError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.distro import apt
from rkmbuild.distro.apt import Apt, Listed
from rkmbuild.distro.source import Download

_NAME = re.compile(r"linux-source-(?P<series>\d+\.\d+)")
# More than half of a kernel's source, which a small one does not need.
_UNUSED = (
    "*/arch/[a-tv-wz]*/*.[chS]", "*/drivers/gpu/*.[ch]", "*/drivers/net/*/*.[ch]",
    "*/drivers/media/*.[ch]", "*/drivers/staging/*.[ch]", "*/drivers/infiniband/*.[ch]",
    "*/sound/*.[ch]", "*.dts", "*.dtsi", "*/tools/testing/*", "*/tools/perf/*",
    "*/Documentation/*.rst",
)  # fmt: skip


def series_of(package: Listed) -> str:
    """Return the series of a package with a source: `6.12`."""
    found = _NAME.fullmatch(package.name)
    return found["series"] if found else ""


def choose(asked: Apt, series: str | None, suite: str | None) -> Listed:
    """Return the package with the source of a series; of the newest one where that is None.

    Args:
        asked: Whom to ask for it.
        series: `6.12`.
        suite: What is asked, for messages; None for what apt is set up for here.

    Raises:
        FetchError: it is not offered.
    """
    offered = asked.listed("linux-source-", lambda name: _NAME.fullmatch(name) is not None)
    by_series = {series_of(package): package for package in offered.values()}
    newest_first = sorted(by_series, key=lambda name: [*map(int, name.split("."))], reverse=True)
    chosen = by_series.get(series or next(iter(newest_first), ""))
    if chosen:
        return chosen
    who = suite or "apt"
    if not newest_first and asked.lists_are_empty():
        raise FetchError(
            "apt has no package lists on this machine", hint="run `apt-get update` first"
        )
    what = f"the source of {series}" if series else "no source of a kernel"
    raise FetchError(
        f"{who} does not offer {what}, linux-source-{series}" if series else f"{who} offers {what}",
        hint=(f"it offers those of {', '.join(newest_first)}\n" if newest_first else "")
        + "`--suite NAME` asks another suite of the archive, such as trixie-backports",
    )


def unpack(
    asked: Apt, package: Listed, folder: Path, select: Sequence[str] | None = None
) -> Download:
    """Download a source, and unpack what is needed of it as the folder `linux`.

    Args:
        asked: Whom to ask for it.
        package: The source.
        folder: Where the folder `linux` is to lie.
        select: Arguments of tar that say what is needed; what a small kernel does where None.

    Returns:
        What was downloaded, which is gone by then.

    Raises:
        FetchError: it could not be got.
        StorageError: there is no space for it.
    """
    with cache.temporary() as work:
        (got,) = asked.download([package], work)
        apt.unpack(got.file, work)
        got.file.unlink()
        # Debian's is an archive, Ubuntu's lies in a folder of the package's name.
        archives = sorted((work / "usr/src").rglob(f"{package.name}*.tar.*"))
        if len(archives) != 1:
            raise FetchError(f"{package.name} {package.version} has no archive of a source")
        left_out = [f"--exclude={pattern}" for pattern in _UNUSED]
        extract(archives[0], folder, left_out if select is None else select)
    return got


def extract(archive: Path, folder: Path, select: Sequence[str]) -> None:
    """Unpack an archive of a source, which has one folder at its top, as the folder `linux`.

    Args:
        archive: Compressed by whatever tar knows.
        folder: Where the folder `linux` is to lie.
        select: Arguments of tar that say what to unpack.

    Raises:
        FetchError: it is no such archive, or damaged.
        StorageError: there is no space for it.
    """
    with cache.temporary() as work:
        process.run(
            ["tar", "-x", "-f", archive, "-C", work, *select],
            doing=f"unpacking {archive.name}",
            # Debian's archives are of many blocks, which xz 5.4 and later unpack side by side.
            env=tool_environment({"XZ_DEFAULTS": "-T0"}),
            failure=FetchError,
        )
        made = list(work.iterdir())
        if len(made) != 1:
            raise FetchError(f"{archive.name} has not one folder at its top, but {len(made)}")
        made[0].rename(folder / "linux")
