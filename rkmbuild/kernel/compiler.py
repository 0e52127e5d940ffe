"""The C compiler that built a kernel, as the kernel's own tree names it."""

import re
from pathlib import Path

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel.tree import Compiler, Kconfig

_COMPILE_H = Path("include/generated/compile.h")
_LINUX_COMPILER = re.compile(r'^#define LINUX_COMPILER\s+"([^"\n]*)"', re.MULTILINE)


def read(build: Path, config: Kconfig) -> Compiler:
    """Return the compiler that built the kernel whose objtree is `build`.

    CONFIG_CC_VERSION_TEXT (init/Kconfig) is the first line of the compiler's `--version`, and
    CONFIG_GCC_VERSION / CONFIG_CLANG_VERSION are its version as 120200. A tree without the first
    has the same text in LINUX_COMPILER of include/generated/compile.h (scripts/mkcompile_h).

    Raises:
        KernelError: the tree does not say.
    """
    text = config.get("CC_VERSION_TEXT") or _from_compile_h(build)
    if not text:
        raise KernelError(
            f"{build} does not say which compiler built the kernel: CONFIG_CC_VERSION_TEXT is not "
            f"set, and {_COMPILE_H} has no LINUX_COMPILER",
            hint="install the kernel's headers again, or choose another kernel with --kernel",
        )
    kind = "clang" if config.on("CC_IS_CLANG") or "clang version" in text else "gcc"
    number = config.number("CLANG_VERSION" if kind == "clang" else "GCC_VERSION")
    version = (number // 10000, number // 100 % 100, number % 100) if number else _version(text)
    return Compiler(kind, version, text, _command(kind, version, text))


def _command(kind: str, version: tuple[int, int, int], text: str) -> str:
    first = text.split(maxsplit=1)[0]
    if kind in first:
        return first
    # "Debian clang version 19.1.7" and "Ubuntu clang version ..." come from a command with a number
    return f"{kind}-{version[0]}"


def _version(text: str) -> tuple[int, int, int]:
    found = re.findall(r"(?<![\w.])(\d+)\.(\d+)\.(\d+)", text)
    if not found:
        return (0, 0, 0)
    # gcc's version stands last, behind the distribution's: "gcc-12 (Debian 12.2.0-14) 12.2.0"
    major, minor, patch = found[0] if "clang" in text else found[-1]
    return int(major), int(minor), int(patch)


def _from_compile_h(build: Path) -> str:
    try:
        found = _LINUX_COMPILER.search((build / _COMPILE_H).read_text(errors="surrogateescape"))
    except OSError:
        return ""
    # The linker's version follows behind a comma: ", GNU ld (GNU Binutils for Debian) 2.40".
    return found[1].rsplit(", ", 1)[0] if found else ""
