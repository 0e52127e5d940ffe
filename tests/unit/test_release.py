"""A release is checked for what it needs; the manual page is that of the commands."""

import io
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from rkmbuild import __version__
from scripts import man_page, release

_LOG = """# Changelog
## Unreleased
- One
  on two lines.
- Two.
## 1.0.0 - 2026-11-27
### Added
- Three.
"""
_METADATA = """Metadata-Version: 2.4
Name: rkmbuild
Version: {version}
Description-Content-Type: text/markdown

# rkmbuild
"""


def test_the_manual_page_is_that_of_the_commands() -> None:
    assert man_page.PAGE.read_text() == man_page.make(), "`python -m scripts.man_page` writes it"


def test_no_line_of_the_manual_page_is_a_request_by_accident() -> None:
    known = r"\.(\\\"|TH|SH|SS|TP|PP|B|BR)( |$)"
    for line in man_page.make().splitlines():
        if line.startswith((".", "'")):
            assert re.match(known, line), line


def test_a_change_log_is_cut_into_what_is_released_and_what_is_not() -> None:
    assert release.unreleased_and_released(_LOG, "1.0.0") == (["- One", "- Two."], ["- Three."])
    # A date is what makes it a release.
    assert release.unreleased_and_released(_LOG.replace(" - 2026-11-27", ""), "1.0.0")[1] == []


def test_the_pages_of_this_version_are_there() -> None:
    release.check_pages()


def test_an_old_manual_page_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(man_page, "PAGE", tmp_path / "rkmbuild.1")
    man_page.PAGE.write_text("old")
    with pytest.raises(release.NotReadyError, match="manual page is old"):
        release.check_pages()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (_METADATA, None),
        (_METADATA.replace("{version}", "9"), "another version"),
        (_METADATA.replace("markdown", "plain"), "README's type"),
        (_METADATA.replace("Name: rkmbuild", "Name: -"), "invalid"),
    ],
)
def test_metadata_that_an_index_would_not_take_is_told(
    tmp_path: Path, text: str, wrong: str | None
) -> None:
    said = text.format(version=__version__).encode()
    source, wheel = tmp_path / "s.tar.gz", tmp_path / "w.whl"
    with tarfile.open(source, "w:gz") as archive:
        member = tarfile.TarInfo(f"rkmbuild-{__version__}/PKG-INFO")
        member.size = len(said)
        archive.addfile(member, io.BytesIO(said))
    with zipfile.ZipFile(wheel, "w") as archive_of_wheel:
        archive_of_wheel.writestr(f"rkmbuild-{__version__}.dist-info/METADATA", said)
    if wrong is None:
        release.check_metadata(source, wheel)
        return
    with pytest.raises(release.NotReadyError, match=wrong):
        release.check_metadata(source, wheel)
