"""Where bindgen commands and libclang libraries lie on this machine."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from rkmbuild.base import files, process, search_path
from rkmbuild.base.errors import ToolchainError
from rkmbuild.toolchain.parts import Version
from rkmbuild.toolchain.remembered import remembered

# The names under which bindgen looks for the library in a folder (clang-sys, build/dynamic.rs).
_LIBRARY = re.compile(r"libclang(-[\d.]+)?\.so(\.[\d.]+)?")
_LD_CACHE = Path("/etc/ld.so.cache")


def commands() -> list[Path]:
    """Return every bindgen: BINDGEN alone where it is set, else those of PATH and of cargo.

    Raises:
        ToolchainError: BINDGEN names no program.
    """
    by_environment = os.environ.get("BINDGEN")
    if by_environment:
        command = search_path.named(by_environment)
        if not command:
            raise ToolchainError(
                f"BINDGEN names {by_environment}, which is no program",
                hint="unset BINDGEN to let rkmbuild choose one",
            )
        return [command]
    found = list(search_path.every(r"bindgen(-[\d.]+)?"))
    home = search_path.users_folder("CARGO_HOME", ".cargo")
    if home and search_path.is_program(home / "bin" / "bindgen"):
        found.append(home / "bin" / "bindgen")
    return list({command.resolve(): command for command in reversed(found)}.values())


def libclangs() -> list[Path]:
    """Return every libclang: what LIBCLANG_PATH names alone where it is set, else all.

    A library that can be reached by several names is there once, by the name in LLVM's own
    folder, from where it finds its headers.

    Raises:
        ToolchainError: LIBCLANG_PATH names nothing that could be a libclang.
    """
    by_environment = os.environ.get("LIBCLANG_PATH")
    if by_environment:
        place = Path(by_environment)
        itself = _LIBRARY.fullmatch(place.name) and files.is_file(place)
        found = [place] if itself else _inside(place)
        if not found:
            raise ToolchainError(
                f"LIBCLANG_PATH names {by_environment}, where no libclang is",
                hint="unset LIBCLANG_PATH to let rkmbuild choose one",
            )
        return _once(found)
    return _once([library for folder in dict.fromkeys(_folders()) for library in _inside(folder)])


def named_version(library: Path) -> Version | None:
    """Return the version that the library's file name tells: 14.0.6 of `libclang-14.so.14.0.6`.

    `libclang.so.13` is no exception: the soname stayed at 13 while LLVM went on to 20, so that a
    bare soname without more tells nothing.
    """
    name = library.resolve().name
    found = re.search(r"\.so\.(\d+)\.(\d+)(?:\.(\d+))?$", name) or re.match(
        r"libclang-(\d+)(?:\.(\d+))?(?:\.(\d+))?\.so", name
    )
    return Version(*(int(number or 0) for number in found.groups())) if found else None


def _folders() -> Iterator[Path]:
    roots = [Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local"), Path("/opt")]
    for root in roots:
        for pattern in ("llvm*/lib", "llvm*/lib64"):
            yield from sorted(root.glob(pattern), reverse=True)
    # A clang that was unpacked somewhere has its library beside it.
    for clang in search_path.every(r"clang(-\d+)?"):
        for name in ("lib", "lib64"):
            yield clang.resolve().parent.parent / name
    for library in _known_to_loader():
        yield library.parent


def _known_to_loader() -> list[Path]:
    def ask() -> dict[str, list[str]]:
        ldconfig = search_path.named("ldconfig")
        if not ldconfig:
            return {"libraries": []}
        done = process.run(
            [ldconfig, "-p"],
            doing="asking the loader for its libraries",
            failure=ToolchainError,
            timeout=60,
        )
        return {"libraries": re.findall(r"=> (.*/libclang[-.][^/]*)$", done.stdout, re.MULTILINE)}

    try:
        return [Path(name) for name in remembered("ldconfig", [_LD_CACHE], ask)["libraries"]]
    except (OSError, ToolchainError):
        return []


def _inside(folder: Path) -> list[Path]:
    try:
        libraries = sorted(f for f in folder.glob("libclang*") if _LIBRARY.fullmatch(f.name))
    except OSError:
        return []
    return [library for library in libraries if files.is_file(library)]


def _once(libraries: list[Path]) -> list[Path]:
    first: dict[Path, Path] = {}
    for library in libraries:
        first.setdefault(library.resolve(), library)
    return list(first.values())
