"""Where a suite's archive is, decided on what the sources of real machines say."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt_sources
from rkmbuild.distro.apt_sources import Archive

DATA = Path(__file__).parent.parent / "data" / "apt" / "sources"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def _read(tmp_path: Path, text: str, ending: str = "sources") -> list[Archive]:
    file = tmp_path / f"x.{ending}"
    file.write_text(text)
    return apt_sources.read([file])


def test_the_sources_of_a_container_image_are_read() -> None:
    own, security = apt_sources.read([DATA / "bookworm-container.sources"])
    assert own.suites == ("bookworm", "bookworm-updates")
    assert (own.components, own.signed_by) == (("main",), KEYRING)
    assert own.uris[0].endswith("/debian")
    assert security.suites == ("bookworm-security",)


@pytest.mark.parametrize("suite", ["trixie", "trixie-backports", "sid", "experimental"])
def test_another_suite_is_in_the_archive_of_the_machines_own_release(suite: str) -> None:
    own, security = apt_sources.read([DATA / "bookworm-container.sources"])
    assert apt_sources.choose([security, own], suite, "bookworm") == own


def test_a_suite_that_apt_has_already_is_where_it_has_it() -> None:
    own, security = apt_sources.read([DATA / "bookworm-container.sources"])
    assert apt_sources.choose([own, security], "bookworm-security", "bookworm") == security


def test_lines_of_the_old_form_are_read(tmp_path: Path) -> None:
    text = (
        "# deb http://example.org/debian sid main\n"
        "deb-src http://example.org/debian trixie main\n"
        "deb [arch=x signed-by=/a.gpg,/b.gpg] http://example.org/debian trixie main contrib #\n"
        "deb http://example.org/flat ./\n"
    )
    assert _read(tmp_path, text, "list") == [
        Archive(("http://example.org/debian",), ("trixie",), ("main", "contrib"), "/a.gpg /b.gpg"),
        Archive(("http://example.org/flat",), ("./",), (), ""),
    ]


def test_what_is_switched_off_or_no_archive_of_packages_is_left_out(tmp_path: Path) -> None:
    text = (
        "Types: deb\nURIs: http://example.org/off\nSuites: sid\nComponents: main\nEnabled: no\n\n"
        "Types: deb-src\nURIs: http://example.org/src\nSuites: sid\nComponents: main\n\n"
        "types: deb-src deb\nuris: http://example.org/on\nsuites: sid\ncomponents: main\n"
    )
    assert [each.uris for each in _read(tmp_path, text)] == [("http://example.org/on",)]
    assert apt_sources.read([tmp_path / "none.list"]) == []


def test_a_key_within_a_source_is_kept_as_it_is(tmp_path: Path) -> None:
    key = " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEXEcE6RYJKwYB\n -----END-----"
    text = f"Types: deb\nURIs: file:/x\nSuites: sid\nComponents: main\nSigned-By:\n{key}\n"
    (archive,) = _read(tmp_path, text)
    again = _read(tmp_path, apt_sources.paragraph(archive, "trixie"))
    assert again == [archive._replace(suites=("trixie",))]
    assert key.lstrip() in apt_sources.paragraph(archive, "trixie")


def test_a_source_of_ours_is_signed_by_what_its_archive_says_else_by_the_keyring() -> None:
    archive = Archive(("http://example.org/debian",), ("trixie",), ("main", "contrib"), "")
    own = Path("/own.gpg")
    assert apt_sources.paragraph(archive, "sid", own) == (
        "Types: deb\nURIs: http://example.org/debian\nSuites: sid\nComponents: main\n"
        "Targets: Packages\nSigned-By: /own.gpg\n"
    )
    assert "Signed-By: /x.gpg\n" in apt_sources.paragraph(
        archive._replace(signed_by="/x.gpg"), "sid", own
    )
    assert "Signed-By" not in apt_sources.paragraph(archive, "sid")


def test_a_source_that_asks_to_be_trusted_is_not_trusted_with_other_suites(tmp_path: Path) -> None:
    text = "Types: deb\nURIs: file:/x\nSuites: sid\nComponents: main\nTrusted: yes\n"
    (archive,) = _read(tmp_path, text)
    assert "rusted" not in apt_sources.paragraph(archive, "trixie")


def test_without_the_own_release_an_archive_with_a_moving_suite_is_taken() -> None:
    other = Archive(("http://example.org/tools",), ("tools",), ("main",), "")
    moving = Archive(("http://example.org/debian",), ("stable",), ("main",), "")
    assert apt_sources.choose([other, moving], "sid", "bookworm") == moving
    assert apt_sources.choose([other], "sid", "bookworm") == other


def test_without_an_archive_of_suites_it_is_said_so() -> None:
    flat = Archive(("file:/pool",), ("./",), (), "")
    with pytest.raises(FetchError, match="no archive that could have other suites"):
        apt_sources.choose([flat], "sid", "bookworm")


@pytest.mark.parametrize("name", ["", "-o", "sid main", "../x", "sid\nURIs: http://example.org"])
def test_what_can_be_no_name_of_a_suite_is_refused(name: str) -> None:
    archive = Archive(("http://example.org/debian",), ("sid",), ("main",), "")
    with pytest.raises(FetchError, match="is no name of a suite"):
        apt_sources.choose([archive], name)


def test_the_keyring_is_the_distributions(tmp_path: Path) -> None:
    (tmp_path / "debian-archive-keyring.pgp").touch()
    assert apt_sources.keyring(["mint", "debian"], tmp_path) == (
        tmp_path / "debian-archive-keyring.pgp"
    )
    assert apt_sources.keyring(["mint"], tmp_path) is None
