"""Reads apt's sources (sources.list(5)), and finds the archive that has a distribution's suites."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base.errors import FetchError

# Names that lead to one of the suites of Debian's archive, whichever release is the stable one.
_MOVING = ("stable", "testing", "unstable", "sid", "oldstable", "oldoldstable", "experimental")
_SUITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_KEYRINGS = Path("/usr/share/keyrings")


class Archive(NamedTuple):
    """An archive of packages that apt was told of.

    Attributes:
        uris: Its addresses; what one of them lacks, another has.
        suites: The suites that are taken from it.
        components: Their parts: `main`, `universe`.
        signed_by: What its lists must be signed with, in the words of deb822 (files, fingerprints,
            or a key itself in several lines); empty where any key will do that apt trusts.
    """

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str


def read(files: Iterable[Path]) -> list[Archive]:
    """Return the archives of binary packages that `files` name, in their order.

    Files that are not there, or that this user may not read, name none.
    """
    found: list[Archive] = []
    for file in files:
        try:
            text = file.read_text(errors="surrogateescape")
        except OSError:
            continue
        found += _of_paragraphs(text) if file.suffix == ".sources" else _of_lines(text)
    return found


def choose(archives: Sequence[Archive], suite: str, codename: str | None = None) -> Archive:
    """Return the archive that would have `suite`: the one that has it, else the distribution's own.

    Args:
        archives: Those that apt was told of.
        suite: The suite that is wanted.
        codename: What the machine's own release is called, as `bookworm`.

    Raises:
        FetchError: `suite` is no name, or no archive with suites is known.
    """
    if not _SUITE.fullmatch(suite):
        raise FetchError(f"{suite!r} is no name of a suite", hint="one is called trixie-backports")
    # A name with a slash at its end is the folder of an archive that has no suites.
    ours = [each for each in archives if not any(name.endswith("/") for name in each.suites)]
    for names in ((suite,), (codename,), _MOVING):
        for archive in ours:
            if set(names) & set(archive.suites):
                return archive
    if ours:
        return ours[0]
    raise FetchError(
        "apt's sources name no archive that could have other suites",
        hint="a line of /etc/apt/sources.list or a file of /etc/apt/sources.list.d names one",
    )


def paragraph(archive: Archive, suite: str, keyring: Path | None = None) -> str:
    """Return the source for `suite` of an archive, as a file that ends with .sources has it.

    Nothing but the list of packages is asked for, and a source that says of itself that it is to
    be trusted is not: its signature counts.

    Args:
        archive: Where it is.
        suite: Its name.
        keyring: What the lists must be signed with where the archive's own source does not say it.
    """
    signed_by = archive.signed_by or str(keyring or "")
    components = ("main",) if "main" in archive.components else archive.components
    return (
        f"Types: deb\nURIs: {' '.join(archive.uris)}\nSuites: {suite}\n"
        f"Components: {' '.join(components)}\nTargets: Packages\n"
    ) + (f"Signed-By: {signed_by}\n" if signed_by else "")


def keyring(names: Iterable[str], folder: Path = _KEYRINGS) -> Path | None:
    """Return the keyring of the first of the distributions `names` that has one here, or None."""
    for name in names:
        # Debian 13's ends with .pgp, and has a link of the old name.
        for ending in ("gpg", "pgp"):
            path = folder / f"{name}-archive-keyring.{ending}"
            if path.is_file():
                return path
    return None


def _of_paragraphs(text: str) -> Iterator[Archive]:
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    for each in re.split(r"\n\s*\n", "\n".join(lines)):
        fields = {
            name.lower(): value.strip()
            for name, value in re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", each, re.MULTILINE)
        }
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        yield Archive(
            tuple(fields.get("uris", "").split()),
            tuple(fields.get("suites", "").split()),
            tuple(fields.get("components", "").split()),
            fields.get("signed-by", ""),
        )


def _of_lines(text: str) -> Iterator[Archive]:
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if found:
            options, uri, suite, components = found.groups(default="")
            signed_by = re.search(r"signed-by=(\S+)", options, re.IGNORECASE)
            yield Archive(
                (uri,),
                (suite,),
                tuple(components.split()),
                signed_by[1].replace(",", " ") if signed_by else "",
            )
