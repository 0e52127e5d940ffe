"""One suite of the distribution's archive, asked by lists of our own beside the machine's.

Neither apt's sources nor its lists are changed, and root is not needed: the lists lie in the cache,
apart for each suite and archive, and apt is started on them alone. Addresses, proxies and passwords
are those that apt is set up with, the signatures are verified by the distribution's keyring.
"""

import email.utils
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from rkmbuild.base import cache, console, files, paths
from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt, apt_sources, distribution
from rkmbuild.distro.source import Download, Package

# The kind of cache entry that holds package lists.
KIND = "package-lists"
# Debian's archive is renewed four times a day, and asking whether it was costs less than a second.
MAX_AGE_SECONDS = 6 * 3600
# In an entry whose lists are older than the archive.
_OLD = "old"
# Counts up when what lies in such an entry is no use any more.
_REVISION = 1

# What the machine's apt does beside fetching lists is not for ours: hooks that need root, pins
# that hide a suite, a default release that is not in it. /dev/null stands for no installed package.
_CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Default-Release "";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "root";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::GzipIndexes "true";
Acquire::Languages "none";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Status "/dev/null";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "";
"""
_UNREACHABLE = re.compile(
    r"Could not (resolve|connect|handshake)|Temporary failure|Connection (failed|refused|timed)|"
    r"Unable to connect|Cannot initiate the connection|Network is unreachable"
)


class Suite(apt.Apt):
    """apt, on the lists of one suite.

    Args:
        name: `trixie-backports`.
        allow_expired: Take a suite of which the archive does not vouch any more that it is the
            newest there is.
    """

    newer_lists = "run it again, which fetches them anew"

    def __init__(self, name: str, *, allow_expired: bool = False) -> None:
        self.name = name
        self.expired: str | None = None
        archives, codename = _of_this_machine()
        archive = apt_sources.choose(archives, name, codename)
        self._keyring = apt_sources.keyring(distribution.names())
        self._source = apt_sources.paragraph(archive, name, self._keyring)
        self._allow_expired = allow_expired
        self._entry = f"{name}-{cache.key(_REVISION, self._source)}"
        self._place = paths.cache_dir() / KIND / self._entry
        super().__init__(self._words())
        with cache.writing(self._place), cache.locked(f"{KIND}-{self._entry}"):
            self._refresh()

    def download(self, packages: Iterable[Package], folder: Path) -> list[Download]:
        """Download `packages`; where that fails, the next run fetches the lists anew before."""
        try:
            return super().download(packages, folder)
        except FetchError:
            with cache.writing(self._place):
                (self._place / _OLD).touch()
            raise

    def lists_are_empty(self) -> bool:
        """Tell whether there are no lists; they are there, though none of an empty suite."""
        return False

    def _words(self) -> tuple[str, ...]:
        settings = {
            "Dir::Etc::SourceList": self._place / "suite.sources",
            "Dir::State::Lists": self._place / "lists",
            "Dir::Cache": self._place / "cache",
        }
        if self._allow_expired:
            settings["Acquire::Check-Valid-Until"] = Path("false")
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        return ("-c", str(self._place / "apt.conf"), *options)

    def _refresh(self) -> None:
        """Fetch the lists if they are not there, old, or of an archive that does not vouch now."""
        place, had = self._place, cache.is_done(self._place)
        usable = had and (self._allow_expired or not self._expired())
        if usable and self._are_young():
            self._judge()
            return
        (place / "lists/partial").mkdir(parents=True, exist_ok=True)
        (place / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
        files.write(place / "apt.conf", _CONFIGURATION)
        files.write(place / "suite.sources", self._source)
        try:
            with console.step("Refreshing", f"the package lists of {self.name}"):
                self._run("apt-get", "update", "-q", doing=f"reading the suite {self.name}")
        except FetchError as error:
            if usable and is_unreachable(error.output):
                day = time.strftime("%Y-%m-%d", time.gmtime(cache.finished_at(place)))
                console.note(f"the archive cannot be reached; the lists of {day} are used")
            else:
                if not had:
                    cache.discard(place)
                raise explained(error, self.name, self._keyring) from None
        else:
            cache.finish(place)
            (place / _OLD).unlink(missing_ok=True)
        self._judge()

    def _are_young(self) -> bool:
        age = time.time() - cache.finished_at(self._place)
        return 0 <= age < MAX_AGE_SECONDS and not (self._place / _OLD).exists()

    def _judge(self) -> None:
        """Say it if the archive vouches for these lists no more."""
        until = self._expired()
        if until:
            self.expired = until
            why = "--allow-expired" if self._allow_expired else "apt's configuration"
            console.warning(
                f"the archive vouched for {self.name} only until {until}: newer kernels may have "
                f"been held back; it is taken all the same, by {why}"
            )

    def _expired(self) -> str | None:
        until = next((valid_until(file) for file in self._releases()), None)
        if until is None or until >= datetime.now(UTC):
            return None
        return until.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _releases(self) -> list[Path]:
        lists = self._place / "lists"
        return [*lists.glob("*_InRelease"), *lists.glob("*_Release")]


def asked(suite: str | None, *, allow_expired: bool = False) -> apt.Apt:
    """Return whom to ask for the packages of a suite; this machine's apt where that is None.

    Raises:
        FetchError: there is no such suite, or no apt.
    """
    return apt.Apt() if suite is None else Suite(suite, allow_expired=allow_expired)


def explained(error: FetchError, suite: str, keyring: Path | None) -> FetchError:
    """Return the error for lists that apt could not get, from what apt said of it."""
    said = error.output
    expired = re.search(r"is expired \((invalid since [^)]*)\)", said)
    if expired:
        return FetchError(
            f"the Release file of {suite} is expired: {expired[1]}",
            hint="an archive that stands still may be an old copy, by which newer kernels are held "
            "back\n`--allow-expired` takes it all the same",
            output=said,
        )
    # gpgv's words, and those of sqv, which apt 3 asks.
    missing = re.findall(r"(?:NO_PUBKEY|Missing key) ([0-9A-F]+)", said)
    if missing:
        where = f"in {keyring}" if keyring else "among those that apt trusts"
        return FetchError(
            f"the signature of {suite} cannot be verified: no key of it is {where}",
            hint=f"it is signed with {', '.join(dict.fromkeys(missing))}\nthe newest package of "
            "the distribution's keyring has the keys of its newest suites",
            output=said,
        )
    if "does not have a Release file" in said:
        return FetchError(
            f"the archive has no suite {suite}",
            hint="its name may be misspelt, or its release be gone from the archive",
            output=said,
        )
    return error


def is_unreachable(said: str) -> bool:
    """Tell from what apt said whether it could not speak to the archive at all."""
    return _UNREACHABLE.search(said) is not None


def valid_until(release: Path) -> datetime | None:
    """Return until when a Release file vouches for its lists; None where it does not say."""
    with release.open(errors="surrogateescape") as lines:
        for line in lines:
            if line.startswith("Valid-Until:"):
                try:
                    until = email.utils.parsedate_to_datetime(line.partition(":")[2].strip())
                except ValueError:
                    return None
                return until.astimezone(UTC)
            if line.startswith((" ", "SHA256:")):  # the files, of which there are thousands
                return None
    return None


def _of_this_machine() -> tuple[list[apt_sources.Archive], str | None]:
    """Return the archives that apt is set up for, and the name of the machine's own release."""
    listed, parts = apt.source_files()
    found = sorted(path for path in parts.glob("*") if path.suffix in (".list", ".sources"))
    return apt_sources.read([listed, *found]), distribution.codename()
