"""Runs apt: asks it for packages, and has it download them, verified."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import files, process
from rkmbuild.base.errors import FetchError, RkmbuildError, StorageError, ToolchainError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.distro.source import Download, Package

_DEPENDENCY = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_ONLY_DEPENDS = (
    "--no-recommends", "--no-suggests", "--no-enhances", "--no-conflicts", "--no-breaks",
    "--no-replaces",
)  # fmt: skip
_OTHER_DISK = "RKMBUILD_CACHE_DIR moves the cache to another disk"


@dataclass(frozen=True, kw_only=True)
class Listed(Package):
    """A package in apt's lists, in its candidate version.

    Attributes:
        depends: What it needs: for each need, the names of which one is enough.
        section: What the archive files it under: `libs`, `devel`; empty where it does not say.
    """

    depends: tuple[tuple[str, ...], ...]
    section: str = ""


class Apt:
    """apt, as this machine is set up: its sources, its lists, its keys.

    Args:
        options: What its programs are told before all else.

    Attributes:
        expired: When the archive ceased to vouch for the lists, in UTC; None where nobody asked.
        newer_lists: What the user does to have newer lists.
    """

    expired: str | None = None
    newer_lists = "run `apt-get update` first"

    def __init__(self, options: Sequence[str] = ()) -> None:
        self._options = tuple(options)

    def listed(self, prefix: str, keep: Callable[[str], bool]) -> dict[str, Listed]:
        """Return the packages that apt can download, by name.

        Args:
            prefix: What the names begin with.
            keep: Tells of a name whether the package is of interest.

        Raises:
            FetchError: apt fails.
        """
        said = self._run(
            "apt-cache", "pkgnames", prefix, doing="listing the kernels that apt offers"
        )
        return self._shown(sorted(name for name in said.split() if keep(name)))

    def with_dependencies(self, names: Iterable[str]) -> dict[str, Listed]:
        """Return the packages `names`, and all that they depend on, as far as apt has them.

        Raises:
            FetchError: apt fails.
        """
        # It gives nothing at all where it does not know one of the names.
        doing = "asking apt which packages there are"
        known = set(self._run("apt-cache", "pkgnames", doing=doing).split())
        there = [name for name in names if name in known]
        if not there:
            return {}
        doing = "asking apt what its packages depend on"
        said = self._run("apt-cache", "depends", "--recurse", *_ONLY_DEPENDS, *there, doing=doing)
        # Names begin lines, in angle brackets where no package is called so; what is indented
        # tells who needs whom.
        return self._shown(sorted(set(re.findall(r"^[a-z0-9][a-z0-9+.-]*$", said, re.MULTILINE))))

    def download(self, packages: Iterable[Package], folder: Path) -> list[Download]:
        """Download `packages` into `folder`, and return them in their order.

        apt checks each against the signed lists, and refuses a source that it cannot authenticate.
        What it left is hashed once more, for that is what the lists are compared with here.

        Raises:
            FetchError: apt could not get one of them, or it is not what the lists say.
            StorageError: there is no space for them.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wanted = list(packages)
        named = [f"{package.name}={package.version}" for package in wanted]
        never = "APT::Get::AllowUnauthenticated=false"
        doing = "downloading the kernel's packages"
        self._run("apt-get", "download", "-q", "-o", never, *named, doing=doing, cwd=folder)
        # NAME_VERSION_ARCHITECTURE.deb, with codes in the version; no name has an underscore.
        got = {file.name.partition("_")[0]: file for file in folder.glob("*.deb")}
        missing = [package.name for package in wanted if package.name not in got]
        if missing:
            raise FetchError(f"apt-get download did not give {', '.join(missing)}")
        return [self._verified(package, got[package.name]) for package in wanted]

    def mark(self, packages: Iterable[Package]) -> str:  # noqa: ARG002 - of a folder it counts
        """Return nothing: in an archive a version is never given twice."""
        return ""

    def lists_are_empty(self) -> bool:
        """Tell whether apt has no package lists, as in a container image that was cleaned up."""
        shown = self._run("apt-config", "shell", "LISTS", "Dir::State::lists/d", doing="asking apt")
        found = re.search(r"LISTS='(.*)'", shown)
        return found is not None and not any(Path(found[1]).glob("*_Packages*"))

    def _verified(self, package: Package, file: Path) -> Download:
        sha256 = files.sha256(file)
        if package.sha256 and sha256 != package.sha256:
            raise FetchError(
                f"{file.name} is not what apt's lists say: its SHA256 is {sha256}, "
                f"and {package.sha256} is listed",
                hint=self.newer_lists,
            )
        return Download(package, file, sha256)

    def _shown(self, names: Sequence[str]) -> dict[str, Listed]:
        if not names:
            return {}
        doing = "asking apt about its packages"
        shown = self._run("apt-cache", "show", "--no-all-versions", *names, doing=doing)
        return {package.name: package for package in parse(shown)}

    def _run(self, program: str, *words: str, doing: str, cwd: Path | None = None) -> str:
        try:
            return _run(program, *self._options, *words, doing=doing, cwd=cwd)
        except FetchError as error:
            raise _explained(error, self.newer_lists) from None


def source_files() -> tuple[Path, Path]:
    """Return the file that apt reads its sources from, and the folder of more such files.

    Raises:
        FetchError: apt fails.
    """
    words = ("LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/f")
    said = dict(
        re.findall(r"(\w+)='(.*)'", _run("apt-config", "shell", *words, doing="asking apt"))
    )
    return Path(said.get("LIST", "")), Path(said.get("PARTS", ""))


def unpack(package: Path, root: Path) -> None:
    """Unpack the files of the .deb `package` below `root`; nothing of it is run or installed.

    Raises:
        FetchError: it is no package, or damaged.
        StorageError: there is no space for them.
    """
    _run("dpkg-deb", "-x", str(package), str(root), doing=f"unpacking {package.name}")


def parse(text: str) -> list[Listed]:
    """Return the packages that `apt-cache show` describes in `text` (deb-control(5))."""
    packages = []
    for paragraph in re.split(r"\n\n+", text):
        fields = dict(re.findall(r"^([A-Za-z0-9-]+): *(.*)$", paragraph, re.MULTILINE))
        # Without a file name it is known to dpkg alone: installed, and offered by no source.
        if "Filename" in fields and "Version" in fields:
            depends = f"{fields.get('Pre-Depends', '')}, {fields.get('Depends', '')}"
            packages.append(
                Listed(
                    name=fields["Package"],
                    version=fields["Version"],
                    architecture=fields.get("Architecture", ""),
                    sha256=fields.get("SHA256", ""),
                    depends=tuple(_alternatives(need) for need in depends.split(",") if need),
                    section=fields.get("Section", ""),
                    size=int(fields.get("Size", "0")),
                    installed=int(fields.get("Installed-Size", "0")) * 1024,
                )
            )
    return packages


def _alternatives(need: str) -> tuple[str, ...]:
    found = (_DEPENDENCY.match(choice.strip()) for choice in need.split("|"))
    return tuple(name[0] for name in found if name)


def _run(*argv: str, doing: str, cwd: Path | None = None) -> str:
    # APT_CONFIG is how a user points apt at sources and lists of his own.
    env = tool_environment({"LC_ALL": "C", "APT_CONFIG": os.environ.get("APT_CONFIG")})
    try:
        return process.run(argv, doing=doing, env=env, cwd=cwd, failure=FetchError).stdout
    except StorageError as error:
        # tar has a line for each of thousands of files that it could not write.
        last = "\n".join(error.output.splitlines()[-3:])
        raise StorageError(error.message, hint=_OTHER_DISK, output=last) from None
    except ToolchainError as error:  # apt in parts: its apt-get alone, or no dpkg-deb
        raise FetchError(f"{doing}: {error.message}") from None


def _explained(error: FetchError, newer_lists: str) -> RkmbuildError:
    if "enough free space" in error.output:
        return StorageError(
            f"{error.message}: no space left on the disk",
            hint=_OTHER_DISK,
            output=error.output,
        )
    if re.search(r"404 +Not Found|Hash Sum mismatch|was not found", error.output):
        hint = f"apt's package lists are older than the archive: {newer_lists}"
    elif re.search(r"Could not resolve|resolving|connect to|Connection", error.output):
        hint = "the package archive cannot be reached: look at the network and at apt's proxy"
    else:
        return error
    return FetchError(error.message, hint=f"{hint}\n{error.hint}", output=error.output)
