"""Where Rust compilers lie: what the user named, rustup's toolchains, PATH and distributions."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import files, process, search_path
from rkmbuild.base.errors import ToolchainError


class Place(NamedTuple):
    """A rustc to look at.

    Attributes:
        rustc: The compiler; not rustup's proxy.
        origin: Where it was found, as `rustup:stable`.
    """

    rustc: Path
    origin: str


def named(toolchain: str | None) -> Place | None:
    """Return the rustc that the user named by `--toolchain` or by RUSTC, or None.

    Raises:
        ToolchainError: what was named is not there.
    """
    if toolchain:
        return _by_name(toolchain)
    by_environment = os.environ.get("RUSTC")
    if not by_environment:
        return None
    rustc = search_path.named(by_environment)
    if not rustc:
        raise ToolchainError(
            f"RUSTC names {by_environment}, which is no program",
            hint="unset RUSTC to let rkmbuild choose a compiler",
        )
    return Place(_behind_proxy(rustc), "RUSTC")


def all_places() -> Iterator[Place]:
    """Give every rustc of this machine once: rustup's toolchains, then PATH and distributions."""
    seen: set[Path] = set()
    for place in (*rustup_toolchains(), *_installed()):
        real = place.rustc.resolve()
        if real not in seen:
            seen.add(real)
            yield place


def rustup_toolchains() -> list[Place]:
    """Return rustup's toolchains, links to others after those they point to."""
    home = search_path.users_folder("RUSTUP_HOME", ".rustup")
    if not home:
        return []
    try:
        found = (home / "toolchains").iterdir()
        toolchains = sorted(found, key=lambda entry: (entry.is_symlink(), entry.name))
    except OSError:
        return []
    return [
        Place(toolchain / "bin" / "rustc", f"rustup:{short_name(toolchain.name)}")
        for toolchain in toolchains
        if search_path.is_program(toolchain / "bin" / "rustc")
    ]


def rustup() -> str | None:
    """Return the command that manages rustup's toolchains, or None where it is not there."""
    if search_path.named("rustup"):
        return "rustup"
    home = search_path.users_folder("CARGO_HOME", ".cargo")
    own = home / "bin" / "rustup" if home else None
    return str(own) if own and search_path.is_program(own) else None


def short_name(toolchain: str) -> str:
    """Return a toolchain's name without the host: `stable` of `stable-ARCH-unknown-linux-gnu`."""
    parts = toolchain.split("-")
    return "-".join(parts[:-4]) if len(parts) > 4 and parts[-2] == "linux" else toolchain


def is_proxy(rustc: Path) -> bool:
    """Tell whether `rustc` is rustup under another name: a link to it, hard or symbolic."""
    if rustc.resolve().name in ("rustup", "rustup-init"):
        return True
    rustup = rustc.parent / "rustup"
    return files.is_file(rustup) and rustup.samefile(rustc)


def _installed() -> Iterator[Place]:
    # Ubuntu has rustc-1.80 beside rustc; Debian and Ubuntu keep the real one below /usr/lib/rust-*.
    for rustc in search_path.every(r"rustc(-[\d.]+)?"):
        if not is_proxy(rustc):
            yield Place(_behind_link(rustc), "PATH")
    for folder in sorted(Path("/usr/lib").glob("rust-*")):
        if search_path.is_program(folder / "bin" / "rustc"):
            yield Place(folder / "bin" / "rustc", f"distribution:{folder.name}")


def _by_name(toolchain: str) -> Place:
    name = toolchain.removeprefix("+")
    if os.sep in name or files.is_file(Path(name)):
        path = Path(name).absolute()
        rustc = path / "bin" / "rustc" if files.is_folder(path) else path
        if not search_path.is_program(rustc):
            raise ToolchainError(
                f"--toolchain {toolchain}: {rustc} is no program",
                hint="give rustup's name of a toolchain, or a path to rustc",
            )
        return Place(_behind_proxy(rustc), "--toolchain")
    installed = rustup_toolchains()
    names = [place.origin.removeprefix("rustup:") for place in installed]
    for place, short in zip(installed, names, strict=True):
        if name in (short, place.rustc.parent.parent.name):
            return place
    rustc_in_path = search_path.named(name)
    if rustc_in_path and name.startswith("rustc"):
        return Place(_behind_proxy(rustc_in_path), "--toolchain")
    there = ", ".join(names) if names else "none"
    raise ToolchainError(
        f"--toolchain {toolchain}: rustup has no such toolchain (it has: {there})",
        hint=f"`rustup toolchain install {name} --component rust-src`, or give a path to rustc",
    )


def _behind_link(rustc: Path) -> Path:
    # rustc takes the folder above a link to it for its sysroot, and a link has no cargo beside it;
    # but what a wrapper's link leads to need not be a rustc.
    real = rustc.resolve()
    return real if real.name.startswith("rustc") else rustc


def _behind_proxy(rustc: Path) -> Path:
    if not is_proxy(rustc):
        return _behind_link(rustc)
    rustup = rustc.parent / "rustup"
    command = rustup if search_path.is_program(rustup) else rustc.resolve()
    done = process.run(
        [command, "which", "rustc"],
        doing="asking rustup for its compiler",
        failure=ToolchainError,
    )
    return Path(done.stdout.strip())
