"""C compilers: the one that built the kernel, and a clang where that one is not there."""

import re
from pathlib import Path
from typing import Any

from rkmbuild.base import process, search_path
from rkmbuild.base.errors import ToolchainError, WantedPart
from rkmbuild.toolchain import versions
from rkmbuild.toolchain.parts import CCompiler, PassedOver, Version
from rkmbuild.toolchain.remembered import remembered
from rkmbuild.toolchain.unusable import unusable

# The first that has return thunks and hardens against straight-line speculation, which the kernels
# of distributions ask for (LLVM 15 release notes); for a kernel at hand the build asks exactly.
OLDEST_CLANG = Version(15)
# LLVM's own folders lie here; Debian links only one of them, or none, into /usr/bin.
_LLVM_ROOTS = (Path("/usr/lib"), Path("/usr/lib64"))


def find_compiler(command: str) -> CCompiler | None:
    """Return the C compiler called `command` (`gcc-12`, or a path), or None if it is not there.

    Raises:
        ToolchainError: it is there and cannot be asked what it is.
    """
    path = search_path.named(command)
    return compiler_at(path) if path else None


def compiler_at(path: Path) -> CCompiler:
    """Return the C compiler at `path`.

    Raises:
        ToolchainError: it does not answer as gcc or clang does.
    """
    try:
        text: str = remembered("cc --version", [path], lambda: _ask(path))["text"]
    except OSError as error:
        raise ToolchainError(f"{path} cannot be read: {error.strerror}") from None
    known = read_version(text)
    if not known:
        raise ToolchainError(f"{path} is neither gcc nor clang")
    kind, version = known
    return CCompiler(path=path, kind=kind, version=version, text=text.partition("\n")[0])


def headers(compiler: CCompiler) -> Path:
    """Return the folder of the compiler's own headers, such as stdint.h and stdarg.h.

    Raises:
        ToolchainError: it does not say where they are.
    """
    question = "-print-resource-dir" if compiler.kind == "clang" else "-print-file-name=include"

    def ask() -> dict[str, Any]:
        done = process.run(
            [compiler.path, question],
            doing=f"asking {compiler.path.name} for its headers",
            timeout=60,
            failure=ToolchainError,
        )
        return {"folder": done.stdout.strip()}

    folder = Path(remembered("cc headers", [compiler.path], ask)["folder"])
    found = folder / "include" if compiler.kind == "clang" else folder
    if not (found / "stdint.h").is_file():
        raise ToolchainError(f"{compiler.path} has no headers of its own: there is no {found}")
    return found


def choose_clang(oldest: Version = OLDEST_CLANG) -> tuple[CCompiler, list[PassedOver]]:
    """Return the newest clang of this machine, and those that were passed over.

    Args:
        oldest: The oldest that the kernel in question takes.

    Raises:
        ToolchainError: there is none, or none is new enough.
    """
    found: list[CCompiler] = []
    passed_over: list[PassedOver] = []
    for path in _clangs():
        try:
            clang = compiler_at(path)
        except ToolchainError as error:
            passed_over.append(PassedOver(str(path), error.message))
            continue
        if clang.version < oldest:
            why = f"it is {clang.version}, and {oldest} is the oldest that can be used"
            passed_over.append(PassedOver(str(path), why))
        else:
            found.append(clang)
    if not found:
        raise unusable("clang", WantedPart("clang"), passed_over)
    best = max(found, key=lambda clang: clang.version)
    passed_over += [
        PassedOver(str(clang.path), f"{clang.version} is not newer than {best.version}")
        for clang in found
        if clang is not best
    ]
    return best, passed_over


def read_version(text: str) -> tuple[str, Version] | None:
    """Read a compiler's `--version`: `gcc` or `clang`, and its version; None for neither."""
    first, _, rest = text.partition("\n")
    if "clang version" in first:
        version = versions.first(first.partition("clang version")[2])
        return ("clang", version) if version else None
    # gcc says its own name as it was called: `ARCH-linux-gnu-gcc-12 (Debian 12.2.0-14) 12.2.0`.
    if re.match(r"\S*g?cc\S* \(", first) and "Free Software Foundation" in rest:
        version = versions.after_package(first)
        return ("gcc", version) if version else None
    return None


def _clangs() -> list[Path]:
    found = list(search_path.every(r"clang(-\d+)?"))
    for root in _LLVM_ROOTS:
        found += [
            path for path in sorted(root.glob("llvm*/bin/clang")) if search_path.is_program(path)
        ]
    first: dict[Path, Path] = {}
    for path in found:
        first.setdefault(path.resolve(), path)
    return list(first.values())


def _ask(path: Path) -> dict[str, Any]:
    text = process.run(
        [path, "--version"],
        doing=f"asking {path.name} for its version",
        timeout=60,
        failure=ToolchainError,
    ).stdout
    return {"text": text}
