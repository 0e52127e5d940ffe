"""Asks apt which kernel packages the distribution offers, and has it download them, verified."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import process, search_path
from rkmbuild.base.errors import FetchError, RkmbuildError, StorageError
from rkmbuild.distro import distribution

# What Debian and Ubuntu cut a kernel into: headers and their tools, and the image with its
# modules; from Debian's 7.2 on the image is in linux-binary and its configuration in linux-base.
_KERNEL_PACKAGE = re.compile(r"linux-(headers|kbuild|image|binary|modules|base)-")
_NOT_WANTED = re.compile(r"-(dbg|dbgsym|unsigned|signed-template)$|^linux-binary-unsigned-")
_DEPENDENCY = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_OTHER_DISK = "RKMBUILD_CACHE_DIR moves the cache to another disk"


class Package(NamedTuple):
    """A package that apt can download: its candidate version.

    Attributes:
        name: Its name.
        version: Its version.
        architecture: dpkg's word for the machine, or `all`.
        depends: What it needs: for each need, the names of which one is enough.
        size: Bytes to download.
        installed: Bytes that its files take.
    """

    name: str
    version: str
    architecture: str
    depends: tuple[tuple[str, ...], ...]
    size: int
    installed: int


def offered() -> dict[str, Package]:
    """Return the kernel packages of this machine's apt sources, by name.

    Raises:
        FetchError: there is no apt, or it fails.
    """
    if not search_path.named("apt-get") or not search_path.named("dpkg-deb"):
        command = distribution.headers_command()
        raise FetchError(
            "kernels are fetched with apt, which this machine does not have",
            hint=(f"`{command}` installs the headers of the running kernel\n" if command else "")
            + "`--kernel PATH` builds for a kernel tree that was got in another way",
        )
    listed = _run("apt-cache", "pkgnames", "linux-", doing="listing the kernels that apt offers")
    names = [name for name in listed.split() if _KERNEL_PACKAGE.match(name)]
    names = sorted(name for name in names if not _NOT_WANTED.search(name))
    if not names:
        return {}
    shown = _run(
        "apt-cache", "show", "--no-all-versions", *names, doing="asking apt about its kernels"
    )
    return {package.name: package for package in parse(shown)}


def parse(text: str) -> list[Package]:
    """Return the packages that `apt-cache show` describes in `text` (deb-control(5))."""
    packages = []
    for paragraph in re.split(r"\n\n+", text):
        fields = dict(re.findall(r"^([A-Za-z-]+): *(.*)$", paragraph, re.MULTILINE))
        # Without a file name it is known to dpkg alone: installed, and offered by no source.
        if "Filename" in fields and "Version" in fields:
            depends = f"{fields.get('Pre-Depends', '')}, {fields.get('Depends', '')}"
            packages.append(
                Package(
                    name=fields["Package"],
                    version=fields["Version"],
                    architecture=fields.get("Architecture", ""),
                    depends=tuple(_alternatives(need) for need in depends.split(",") if need),
                    size=int(fields.get("Size", "0")),
                    installed=int(fields.get("Installed-Size", "0")) * 1024,
                )
            )
    return packages


def download(packages: Iterable[Package], folder: Path) -> list[Path]:
    """Download `packages` into `folder` and return the files, in no particular order.

    apt checks each against the signed lists, and refuses a source that it cannot authenticate.

    Raises:
        FetchError: apt could not get one of them.
        StorageError: there is no space for them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [f"{package.name}={package.version}" for package in packages]
    never = "APT::Get::AllowUnauthenticated=false"
    doing = "downloading the kernel's packages"
    _run("apt-get", "download", "-q", "-o", never, *wanted, doing=doing, cwd=folder)
    files = list(folder.glob("*.deb"))
    if len(files) != len(wanted):
        raise FetchError(f"apt-get download gave {len(files)} packages of {len(wanted)}")
    return files


def unpack(package: Path, root: Path) -> None:
    """Unpack the files of the .deb `package` below `root`; nothing of it is run or installed."""
    _run("dpkg-deb", "-x", str(package), str(root), doing=f"unpacking {package.name}")


def lists_are_empty() -> bool:
    """Tell whether apt has no package lists, as in a container image that was cleaned up."""
    shown = _run("apt-config", "shell", "LISTS", "Dir::State::lists/d", doing="asking apt")
    found = re.search(r"LISTS='(.*)'", shown)
    return found is not None and not any(Path(found[1]).glob("*_Packages*"))


def _alternatives(need: str) -> tuple[str, ...]:
    found = (_DEPENDENCY.match(choice.strip()) for choice in need.split("|"))
    return tuple(name[0] for name in found if name)


def _run(*argv: str, doing: str, cwd: Path | None = None) -> str:
    # APT_CONFIG is how a user points apt at sources and lists of his own.
    env = process.environment({"LC_ALL": "C", "APT_CONFIG": os.environ.get("APT_CONFIG")})
    try:
        return process.run(argv, doing=doing, env=env, cwd=cwd, failure=FetchError).stdout
    except StorageError as error:
        # tar has a line for each of thousands of files that it could not write.
        last = "\n".join(error.output.splitlines()[-3:])
        raise StorageError(error.message, hint=_OTHER_DISK, output=last) from None
    except FetchError as error:
        raise _explained(error) from None


def _explained(error: FetchError) -> RkmbuildError:
    if "enough free space" in error.output:
        return StorageError(
            f"{error.message}: no space left on the disk",
            hint=_OTHER_DISK,
            output=error.output,
        )
    if re.search(r"404 +Not Found|Hash Sum mismatch|was not found", error.output):
        hint = "apt's package lists are older than the archive: run `apt-get update` first"
    elif re.search(r"Could not resolve|resolving|connect to|Connection", error.output):
        hint = "the package archive cannot be reached: look at the network and at apt's proxy"
    else:
        return error
    return FetchError(error.message, hint=f"{hint}\n{error.hint}", output=error.output)
