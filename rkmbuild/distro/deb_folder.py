"""A folder of .deb files, in the place of an archive that apt is asked for."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt, package_files
from rkmbuild.distro.apt import Apt, Listed
from rkmbuild.distro.source import Download, Package

_FIELDS = (
    "Package",
    "Version",
    "Architecture",
    "Pre-Depends",
    "Depends",
    "Installed-Size",
    "Section",
)


class DebFolder(Apt):
    """What is asked of apt elsewhere, of the .deb files in `folder` and below.

    Nobody vouches for them but who put them there. Of two versions the newer one is taken.
    """

    newer_lists = "put it beside the others"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._files: dict[str, Path] = {}

    def listed(self, prefix: str, keep: Callable[[str], bool]) -> dict[str, Listed]:
        """Return the packages in the folder, by name; see `Apt.listed`."""
        found: dict[str, Listed] = {}
        for file in sorted(self._folder.rglob(f"{prefix}*.deb")):
            package = _described(file)
            if not package.name.startswith(prefix) or not keep(package.name):
                continue
            other = found.get(package.name)
            if other is None or _is_newer(package.version, other.version):
                found[package.name] = package
                self._files[package.name] = file
        return found

    def with_dependencies(self, names: Iterable[str]) -> dict[str, Listed]:  # noqa: ARG002
        """Return all packages in the folder: whoever put them there knows what belongs together."""
        return self.listed("", lambda _name: True)

    def download(self, packages: Iterable[Package], folder: Path) -> list[Download]:
        """Copy `packages` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        return [
            Download(package, *package_files.copied(self._files[package.name], folder))
            for package in packages
        ]

    def lists_are_empty(self) -> bool:
        """Tell that an empty folder lacks no lists."""
        return False

    def mark(self, packages: Iterable[Package]) -> str:
        """Return what tells these files from others of the same names and versions."""
        return package_files.mark(self._files[package.name] for package in packages)


def _described(file: Path) -> Listed:
    doing = f"reading {file.name}"
    done = process.run(["dpkg-deb", "-f", str(file), *_FIELDS], doing=doing, failure=FetchError)
    # A file that is no package of apt's has neither of these.
    text = f"{done.stdout.rstrip()}\nFilename: {file.name}\nSize: {file.stat().st_size}\n"
    found = apt.parse(text)
    if not found:
        raise FetchError(f"{file} is no Debian package: it has no name and version")
    return replace(found[0], sha256="")


def _is_newer(version: str, other: str) -> bool:
    done = process.run(
        ["dpkg", "--compare-versions", version, "gt", other],
        doing="comparing versions",
        success=(0, 1),
        failure=FetchError,
    )
    return done.returncode == 0
