"""What build scripts of crates are told, so that C which crates bring is compiled for the kernel.

The crate `cc`, and with it most that compiles C, takes compiler and flags from variables of the
target's name; the crates `cmake` and `autotools` ask it, and take a file besides. Of what
kbuild says those flags go in that say what code comes out. The kernel's own headers are left out,
as they are no C library's: there are the compiler's, and what a kernel has of the others
(templates/c/include).
"""

import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base import cache, paths, search_path
from rkmbuild.base.render import render
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.pipeline.tools import Tools
from rkmbuild.toolchain import cc
from rkmbuild.toolchain.parts import CCompiler

# Flags that take another word with them, of those that are kept.
_WITH_WORD = ("--param", "-mllvm")
_KEPT = re.compile(r"-(?:[mfOg]|-param|-target=|Wa,|Qunused-arguments)")
# Rust functions are not traced by ftrace, and neither are these: the link script would have to keep
# a table of them. Characters have the sign that Rust's c_char has, wide ones the size of libc's;
# and a plugin of gcc's is for the kernel's own source.
_DROPPED = re.compile(
    r"-pg$|-mfentry|-mrecord-mcount|-mnop-mcount|-funsigned-char|-fshort-wchar|-fms-extensions"
    r"|-fplugin|-fmacro-prefix-map|-fintegrated-as|-flto|-fsanitize-coverage|-fprofile"
)
_OURS = (
    # The linker leaves out what nobody calls only where each has a section.
    "-ffunction-sections", "-fdata-sections",
    # GNU ld, which joins the objects, reads no compiler's own.
    "-fno-lto",
    # There is no C library, and no system: sources that look for one find none.
    "-ffreestanding", "-nostdinc",
    "-U__linux__", "-U__linux", "-Ulinux", "-U__gnu_linux__", "-U__unix__", "-U__unix", "-Uunix",
)  # fmt: skip
# C++ needs a library for more than that.
_CXX = ("-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-fno-use-cxa-atexit")
# The same without what says how code comes out, for what a build script compiles for this machine:
# with CRATE_CC_NO_DEFAULTS the crate `cc` adds nothing there either.
_HOST = "-O2 -fPIC"
_SITE = "config.site"


@dataclass(frozen=True, kw_only=True)
class CrateC:
    """How C of crates is compiled for one kernel.

    Attributes:
        arch: The machine.
        compiler: The C compiler.
        flags: Its flags, but for headers.
        return_thunk: Whether functions return through the kernel's thunk.
        straight_line: Whether an INT3 follows a return.
    """

    arch: str
    compiler: CCompiler
    flags: tuple[str, ...]
    return_thunk: bool
    straight_line: bool

    def environment(self, target: str) -> dict[str, str]:
        """Return the variables for build scripts, making the files that they name.

        Args:
            target: The target's name, as cargo tells it to build scripts.

        Raises:
            ToolchainError: the compiler does not say where its own headers are.
            StorageError: the cache cannot be written.
        """
        source = paths.data("templates") / "c"
        values = {"return_thunk": self.return_thunk, "straight_line": self.straight_line}
        prefix = render(source / f"{self.arch}.h", values)
        headers = sorted((source / "include").iterdir())
        rules, site = source / "rules.cmake", source / f"{self.arch}.site"
        texts = [
            prefix,
            rules.read_text(),
            site.read_text(),
            *(f"{h.name}\n{h.read_text()}" for h in headers),
        ]

        def make_headers(folder: Path) -> None:
            (folder / "rkmbuild.h").write_text(prefix)
            shutil.copyfile(rules, folder / rules.name)
            shutil.copyfile(site, folder / _SITE)
            (folder / "include").mkdir()
            for header in headers:
                shutil.copyfile(header, folder / "include" / header.name)

        folder = cache.entry("crate-c", cache.key("headers", texts), make_headers)
        flags = [
            *self.flags, "-isystem", str(cc.headers(self.compiler)),
            "-isystem", str(folder / "include"), "-include", str(folder / "rkmbuild.h"),
        ]  # fmt: skip
        found = {
            "CC": str(self.compiler.path),
            "CFLAGS": shlex.join(flags),
            "CXX": _beside(self.compiler.path),
            "CXXFLAGS": shlex.join([*flags, *_CXX]),
            "AR": str(search_path.named("ar") or ""),
            "RANLIB": str(search_path.named("ranlib") or ""),
        }
        text = render(
            source / "toolchain.cmake",
            {
                "processor": architectures.of(self.arch).names.uname,
                "compiler": found["CC"], "cxx": found["CXX"], "archiver": found["AR"],
                "flags": found["CFLAGS"], "cxx_flags": found["CXXFLAGS"], "folder": str(folder),
            },
        )  # fmt: skip

        def make_toolchain(place: Path) -> None:
            (place / "toolchain.cmake").write_text(text)

        place = cache.entry("crate-c", cache.key("cmake", text), make_toolchain)
        found["CMAKE_TOOLCHAIN_FILE"] = str(place / "toolchain.cmake")
        target = target.replace("-", "_")
        return {
            **{f"{name}_{target}": value for name, value in found.items() if value},
            # Of autoconf: what a configure script cannot find out for a kernel.
            "CONFIG_SITE": str(folder / _SITE),
            "CRATE_CC_NO_DEFAULTS": "1",
            "CC_SHELL_ESCAPED_FLAGS": "1",
            "HOST_CFLAGS": _HOST,
            "HOST_CXXFLAGS": _HOST,
        }


def plan(kernel: TargetKernel, tools: Tools) -> CrateC:
    """Return how C of crates is compiled, without making anything."""
    config = kernel.tree.config
    return CrateC(
        arch=kernel.tree.arch,
        compiler=tools.compiler,
        flags=(*for_code(kernel.c_flags), *_OURS),
        return_thunk=config.on("MITIGATION_RETHUNK", "RETHUNK"),
        straight_line=config.on("MITIGATION_SLS", "SLS"),
    )


def for_code(c_flags: Sequence[str]) -> list[str]:
    """Return those of kbuild's flags that say what code comes out, whoever wrote the source."""
    kept: list[str] = []
    takes_next = False
    for flag in c_flags:
        if takes_next or (_KEPT.match(flag) and not _DROPPED.match(flag)) or flag in _WITH_WORD:
            kept.append(flag)
        takes_next = flag in _WITH_WORD
    return kept


def _beside(compiler: Path) -> str:
    """Return the C++ compiler that goes with a C compiler, or nothing where it is not there."""
    name = compiler.name.replace("gcc", "g++").replace("clang", "clang++")
    other = compiler.with_name(name)
    return str(other) if name != compiler.name and search_path.is_program(other) else ""
