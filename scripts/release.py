"""What has to be so before a version is published: `./bootstrap release`.

It builds a source distribution and, from that, a wheel into dist/, and checks both: their metadata,
that the wheel works in an empty environment, and that the pages which tell of a version tell of
this one. It publishes nothing; CONTRIBUTING.md says how that is done.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from packaging.metadata import Metadata
from packaging.version import Version

from rkmbuild import __version__
from scripts import man_page

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
# What must not stand in for what the wheel lacks.
_CHECKOUT = ("PYTHONPATH", "VIRTUAL_ENV", "RKMBUILD_CACHE_DIR", "RKMBUILD_STATE_DIR")


class NotReadyError(Exception):
    """Something is not as a release has to be."""


def check_pages() -> None:
    """Check that the change log and the manual page are those of this version.

    Raises:
        NotReadyError: one of them is not.
    """
    if not unreleased_and_released((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))[1]:
        raise NotReadyError(f"CHANGELOG.md has no part `## {__version__} - <date>`")
    if man_page.PAGE.read_text(encoding="utf-8") != man_page.make():
        raise NotReadyError("the manual page is old; `python -m scripts.man_page` writes it anew")


def unreleased_and_released(text: str, version: str = __version__) -> tuple[list[str], list[str]]:
    """Return what a change log has under Unreleased and under `version`, a line each."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)[1:]
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    dated = re.compile(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d")
    released = next((part for heading, part in found.items() if dated.fullmatch(heading)), "")
    return _entries(found.get("Unreleased", "")), _entries(released)


def _entries(part: str) -> list[str]:
    return re.findall(r"^- .*$", part, re.MULTILINE)


def build(folder: Path) -> tuple[Path, Path]:
    """Build both distributions into `folder`, and return the source distribution and the wheel."""
    _run([sys.executable, "-m", "build", "--outdir", folder, ROOT], cwd=ROOT)
    (source,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return source, wheel


def check_metadata(source: Path, wheel: Path) -> None:
    """Check what an index reads of both distributions.

    Raises:
        NotReadyError: it would not take them, or they are of another version.
    """
    with tarfile.open(source) as archive, zipfile.ZipFile(wheel) as zipped:
        member = archive.extractfile(f"rkmbuild-{__version__}/PKG-INFO")
        texts = [
            member.read() if member else b"",
            zipped.read(f"rkmbuild-{__version__}.dist-info/METADATA"),
        ]
    for text in texts:
        try:
            read = Metadata.from_email(text, validate=True)
        except ExceptionGroup as wrong:
            raise NotReadyError(f"the metadata is invalid: {wrong.exceptions}") from wrong
        if read.version != Version(__version__) or not read.description:
            raise NotReadyError("the metadata is of another version, or lacks the README")
        if read.description_content_type != "text/markdown":
            raise NotReadyError("the README's type is not told")


def check_wheel(wheel: Path) -> None:
    """Install the wheel into an empty environment, and have it make a project there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run([sys.executable, "-m", "venv", folder / "env"], cwd=folder)
        python, tool = folder / "env/bin/python", folder / "env/bin/rkmbuild"
        pip: list[str | Path] = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "install", wheel], cwd=folder)
        _run([*pip, "check"], cwd=folder)
        said = _run([tool, "--version"], cwd=folder)
        if said.strip() != f"rkmbuild {__version__}":
            raise NotReadyError(f"the wheel is {said.strip()}, not {__version__}")
        _run([tool, "new", "some-module", "--author", "", "--vcs", "none"], cwd=folder)
        if not (folder / "some-module" / "src" / "lib.rs").is_file():
            raise NotReadyError("the wheel makes no project")
        if not (folder / "env" / "share" / "man" / "man1" / man_page.PAGE.name).is_file():
            raise NotReadyError("the wheel has no manual page")


def _run(command: list[str | Path], *, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if name not in _CHECKOUT}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = " ".join(map(str, command))
        raise NotReadyError(f"`{words}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> int:
    """Do it all, and return the exit status."""
    try:
        check_pages()
        shutil.rmtree(DIST, ignore_errors=True)
        source, wheel = build(DIST)
        check_metadata(source, wheel)
        check_wheel(wheel)
    except NotReadyError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(f"release: {source.name} and {wheel.name} in dist/ are ready to be published")
    later, _ = unreleased_and_released((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    if later:
        print(f"release: {len(later)} changes are under Unreleased, and no part of {__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
