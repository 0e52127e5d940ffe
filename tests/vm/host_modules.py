"""The modules of the tests' host, in C, whole and damaged, and headers to judge them by."""

import gzip
import lzma
import os
import shutil
import subprocess
from pathlib import Path

from rkmbuild.base import paths, process
from rkmbuild.kernel import overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler

_SOURCES = Path(__file__).parent.parent / "data" / "host"
# What `rkmbuild.kernel.detect` wants to see of a kernel's headers, and Module.symvers.
_HEADERS = (
    "include/config/auto.conf",
    "include/generated/autoconf.h",
    "include/generated/utsrelease.h",
    "include/generated/uapi/linux/version.h",
    "include/linux/module.h",
    "scripts/Makefile.build",
    "scripts/basic/fixdep",
    "scripts/mod/modpost",
    "tools/objtool/objtool",
    "arch/x86/module.lds",
    "Module.symvers",
)


def make(tree: KernelTree, other: KernelTree, folder: Path, work: Path) -> None:
    """Make the modules, and what only looks like one."""
    folder.mkdir()
    for version, place in (("1.0", folder), ("2.0", folder / "v2")):
        made = _kbuild(tree, work / f"build-{version}", version)
        place.mkdir(exist_ok=True)
        for module in made.glob("*.ko"):
            shutil.copy(module, place)
    strange = _kbuild(other, work / "build-other", "1.0")
    shutil.copy(strange / "greeter.ko", folder / "other.ko")
    shutil.copy(work / "build-1.0" / "caller.o", folder / "object.ko")
    plain = (folder / "greeter.ko").read_bytes()
    (folder / "cut.ko").write_bytes(plain[:-2000])
    (folder / "machine.ko").write_bytes(plain[:18] + b"\xb7\0" + plain[20:])  # EM_AARCH64
    assert plain.count(b" SMP preempt ") == 1
    (folder / "options.ko").write_bytes(plain.replace(b" SMP preempt ", b" SMP sparely "))
    (folder / "symbols.ko").write_bytes(_other_symbol(plain, tree))
    # The kernel itself compares no release where there are checksums, and only remarks on this.
    release = tree.release.encode()
    strange_release = release.replace(b"cloud", b"cloup")
    (folder / "release.ko").write_bytes(
        plain.replace(b"vermagic=" + release, b"vermagic=" + strange_release)
    )
    assert plain.count(b"retpoline=Y") == 1
    (folder / "speculates.ko").write_bytes(plain.replace(b"retpoline=Y", b"retpolinx=Y"))
    (folder / "alone").mkdir()
    shutil.copy(folder / "caller.ko", folder / "alone")
    (folder / "greeter.ko.xz").write_bytes(lzma.compress(plain, check=lzma.CHECK_CRC32))
    (folder / "greeter.ko.gz").write_bytes(gzip.compress(plain))
    (folder / "stays.ko.gz").write_bytes(gzip.compress((folder / "stays.ko").read_bytes()))
    subprocess.run(["zstd", "-q", folder / "greeter.ko"], check=True)


def _other_symbol(module: bytes, tree: KernelTree) -> bytes:
    """Return a module with an import that the kernel has in another form, or not at all."""
    name = b"\0misc_register\0"
    if not tree.config.on("MODVERSIONS"):
        assert module.count(name) == 1
        return module.replace(name, b"\0misc_registes\0")
    # A checksum stands before its symbol's name (struct modversion_info, linux/module.h).
    at = module.index(name, module.index(b"vermagic=")) + 1
    return module[: at - 8] + b"\1\2\3\4" + module[at - 4 :]


def _kbuild(tree: KernelTree, folder: Path, version: str) -> Path:
    shutil.copytree(_SOURCES, folder)
    laid = overlay.prepare(tree, foreign_compiler=False)
    helpers = paths.data("crates") / "kernel" / "helpers"
    compiler = c_compiler.choose("gcc", tree).compiler.path
    command = ["make", "-s", "-C", str(laid.build), f"M={folder}", f"CC={compiler}"]
    variables = [
        f"HELPERS={helpers}",
        f"GREETER={version}",
        "CONFIG_DEBUG_INFO_BTF_MODULES=",
        f"-j{os.cpu_count()}",
    ]
    process.run([*command, *variables, "modules"], doing="building modules in C")
    for module in folder.glob("*.ko"):
        subprocess.run(["strip", "-g", module], check=True)
    return folder


def headers(tree: KernelTree, folder: str) -> dict[str, Path | bytes | str]:
    """Return the files of `folder` that are headers enough to judge modules by."""
    files: dict[str, Path | bytes | str] = {f"{folder}/Makefile": tree.source / "Makefile"}
    for name in _HEADERS:
        homes = (home / name for home in (tree.build, tree.source))
        # Debian's headers have whole folders of them as links.
        files[f"{folder}/{name}"] = next(home for home in homes if home.is_file()).resolve()
    return files
