"""What is made of apt's words about a suite, on words that it really said."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt_suite

DATA = Path(__file__).parent.parent / "data" / "apt" / "update"
KEYRING = Path("/usr/share/keyrings/nodesource.gpg")


def _explained(name: str, suite: str, keyring: Path | None = KEYRING) -> FetchError:
    said = (DATA / f"{name}.txt").read_text()
    return apt_suite.explained(FetchError("apt-get failed", output=said), suite, keyring)


def test_an_expired_release_file_gives_its_age_and_the_option_that_accepts_it() -> None:
    failure = _explained("expired", "sid")
    assert failure.message == ("the Release file of sid is expired: invalid since 21d 17h 9min 29s")
    assert "--allow-expired" in str(failure.hint)
    assert "updates for this repository" in failure.output.lower()


def test_a_key_that_is_not_in_the_keyring_is_named_once() -> None:
    failure = _explained("no-key", "trixie-backports")
    assert failure.message == (
        "the signature of trixie-backports cannot be verified: no key of it is in "
        "/usr/share/keyrings/nodesource.gpg"
    )
    assert "6ED0E7B82643E131, 78DBA3BC47EF2265\n" in str(failure.hint)
    assert "that apt trusts" in _explained("no-key", "sid", None).message


def test_a_key_that_sqv_misses_is_named_as_well() -> None:
    failure = _explained("no-key-sqv", "trixie")
    assert failure.message.startswith("the signature of trixie cannot be verified: no key of it")
    assert "B8E5F13176D2A7A75220028078DBA3BC47EF2265, " in str(failure.hint)


def test_a_suite_that_is_not_there_is_said_so() -> None:
    assert _explained("no-suite", "nonesuch").message == "the archive has no suite nonesuch"


def test_an_archive_that_cannot_be_reached_keeps_apts_words() -> None:
    assert _explained("no-host", "sid").message == "apt-get failed"
    assert apt_suite.is_unreachable((DATA / "no-host.txt").read_text())
    for name in ("expired", "no-key", "no-key-sqv", "no-suite"):
        assert not apt_suite.is_unreachable((DATA / f"{name}.txt").read_text())


@pytest.mark.parametrize(
    ("text", "until"),
    [
        (
            (
                "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: Debian\n"
                "Date: Fri, 30 Oct 2026 08:08:01 UTC\nValid-Until: Fri, 06 Nov 2026 08:08:01 UTC\n"
                "MD5Sum:\n 0 1 x\n"
            ),
            datetime(2026, 11, 6, 8, 8, 1, tzinfo=UTC),
        ),
        ("Origin: Debian\nSHA256:\n 0 1 x\nValid-Until: Fri, 06 Nov 2026 08:08:01 UTC\n", None),
        ("Origin: Debian\nDate: Sat, 21 Nov 2026 09:15:44 UTC\n", None),
        ("Valid-Until: tomorrow\n", None),
    ],
)
def test_a_release_file_says_until_when_it_counts(
    tmp_path: Path, text: str, until: datetime | None
) -> None:
    file = tmp_path / "InRelease"
    file.write_text(text)
    assert apt_suite.valid_until(file) == until
