"""Which packages of which distribution give a part of the toolchain, and how to install them."""

import os
import re
import shlex
from collections.abc import Sequence

from rkmbuild.arch import architectures
from rkmbuild.base import search_path
from rkmbuild.base.errors import WantedPart
from rkmbuild.distro import apt_names

# How each manager is called to install; the program's own name is the manager's.
INSTALL: dict[str, tuple[str, ...]] = {
    "apt-get": ("apt-get", "install", "--yes", "--no-install-recommends"),
    "dnf": ("dnf", "install", "--assumeyes"),
    "pacman": ("pacman", "-S", "--needed", "--noconfirm"),
    "zypper": ("zypper", "--non-interactive", "install"),
}
# What must run before: apt's lists grow stale (and container images have none), then the files
# they name are gone from the mirrors. The other managers refresh theirs by themselves, and pacman
# must not refresh without upgrading.
REFRESH: dict[str, tuple[str, ...]] = {"apt-get": ("apt-get", "update")}

# Part -> manager -> packages. Sources: packages.debian.org for bookworm and trixie,
# packages.fedoraproject.org, archlinux.org/packages, software.opensuse.org, and the kernel's
# Documentation/rust/quick-start.rst, which names the Rust packages of all four. Where apt has other
# names in each release, they are in `apt_names`.
PACKAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "rust": {
        "dnf": ("rust", "cargo", "rust-src"),
        "pacman": ("rust", "rust-src"),
        "zypper": ("rust", "cargo", "rust-src"),
    },
    "rustfmt and clippy": {
        "dnf": ("rustfmt", "clippy"),
        "pacman": ("rust",),
        "zypper": ("rust",),
    },
    "bindgen": {
        "dnf": ("bindgen-cli", "clang-libs"),
        "pacman": ("rust-bindgen", "clang"),
        "zypper": ("rust-bindgen", "clang"),
    },
    "clang": {
        "dnf": ("clang",),
        "pacman": ("clang",),
        "zypper": ("clang",),
    },
    "cc": {
        "apt-get": ("gcc", "libc6-dev"),
        "dnf": ("gcc", "glibc-devel"),
        "pacman": ("gcc",),
        "zypper": ("gcc", "glibc-devel"),
    },
    "binutils": dict.fromkeys(INSTALL, ("binutils",)),
    "make": dict.fromkeys(INSTALL, ("make",)),
    "kmod": dict.fromkeys(INSTALL, ("kmod",)),
    "qemu": dict(architectures.host().qemu_packages),
    "busybox": {
        "apt-get": ("busybox-static",),
        "dnf": ("busybox",),
        "pacman": ("busybox",),
        "zypper": ("busybox-static",),
    },
    "cbindgen": {
        "apt-get": ("cbindgen",),
        "dnf": ("cbindgen",),
        "pacman": ("cbindgen",),
        "zypper": ("rust-cbindgen",),
    },
    "git": dict.fromkeys(INSTALL, ("git",)),
    "bsdtar": {
        "apt-get": ("libarchive-tools",),
        "dnf": ("bsdtar",),
        "pacman": ("libarchive",),
        "zypper": ("bsdtar",),
    },
    "createrepo": {
        "apt-get": ("createrepo-c",),
        "dnf": ("createrepo_c",),
        "pacman": ("createrepo_c",),
        "zypper": ("createrepo_c",),
    },
    "gnupg": {
        "apt-get": ("gpg", "gpg-agent"),
        "dnf": ("gnupg2",),
        "pacman": ("gnupg",),
        "zypper": ("gpg2",),
    },
    "procps": {
        "apt-get": ("procps",),
        "dnf": ("procps-ng",),
        "pacman": ("procps-ng",),
        "zypper": ("procps",),
    },
    "lz4": dict.fromkeys(INSTALL, ("lz4",)),
    "sudo": dict.fromkeys(INSTALL, ("sudo",)),
    "xz": {
        "apt-get": ("xz-utils",),
        "dnf": ("xz",),
        "pacman": ("xz",),
        "zypper": ("xz",),
    },
    "zstd": dict.fromkeys(INSTALL, ("zstd",)),
    "rpmbuild": {
        "apt-get": ("rpm",),
        "dnf": ("rpm-build",),
        "pacman": ("rpm-tools",),
        "zypper": ("rpm-build",),
    },
    "shellcheck": {
        "apt-get": ("shellcheck",),
        "dnf": ("ShellCheck",),
        "pacman": ("shellcheck",),
        "zypper": ("ShellCheck",),
    },
}


def manager() -> str | None:
    """Return this distribution's package manager, or None where it is none of those we know."""
    return next((name for name in INSTALL if search_path.named(name)), None)


def packages(part: str) -> tuple[str, ...]:
    """Return the packages that give `part` on this distribution; none where we know none.

    A kernel's own compiler is asked for by its command, as `gcc-12`.
    """
    name = manager()
    if name is None:
        return ()
    if name == "apt-get" and part in apt_names.PARTS:
        return apt_names.packages(part)
    compiler = re.fullmatch(r"(?:\S+-)?((gcc|clang)(?:-\d+)?)", part)
    if part not in PACKAGES and compiler:
        # Only Debian and its kin have a package for every major release.
        return apt_names.compiler(compiler[1]) if name == "apt-get" else (compiler[2],)
    return PACKAGES.get(part, {}).get(name, ())


def commands(wanted: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the commands, without sudo, that install the packages `wanted`."""
    name = manager()
    if name is None or not wanted:
        return []
    refresh = [REFRESH[name]] if name in REFRESH else []
    return [*refresh, (*INSTALL[name], *dict.fromkeys(wanted))]


def typed(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the command that installs the packages `wanted`, as this user has to type it."""
    name = manager()
    return as_root((*INSTALL[name], *wanted)) if name and wanted else ()


def as_root(command: Sequence[str]) -> tuple[str, ...]:
    """Return `command` as this user has to type it: with sudo where one is not root."""
    return tuple(command) if os.geteuid() == 0 else ("sudo", *command)


def repair(wanted: WantedPart) -> tuple[str, ...] | None:
    """Return the command that repairs what is there, where that is better than packages."""
    if wanted.packages_first and packages(wanted.part):
        return None
    return wanted.repair


def advice(wanted: WantedPart) -> str:
    """Return the hint for a part that is wanted: the command that gives it on this distribution."""
    repairing = repair(wanted)
    if repairing:
        return f"`{shlex.join(repairing)}` fixes it; `rkmbuild doctor` says more"
    names = packages(wanted.part)
    if not names:
        return f"install {wanted.part} by your distribution's means; `rkmbuild doctor` checks it"
    command = shlex.join(typed(names))
    return f"`{command}` installs it; `rkmbuild doctor --fix` does it for you"


def forget() -> None:
    """Ask anew what the distribution offers, after its lists were refreshed."""
    apt_names.forget()
