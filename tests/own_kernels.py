"""Kernels of our own, for what those of distributions do not have: built from source once.

The source is a package of the distribution's archive, and so are the tools that this machine lacks
for it: they are unpacked into the cache, and nothing is installed.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache
from rkmbuild.distro.apt import Apt
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import KernelTree, Origin
from rkmbuild.toolchain import cc
from tests import debian

# What a guest boots with, and what the modules of the tests use; allnoconfig has all else off.
_USUAL = (
    "EXPERT", "64BIT", "SMP", "PRINTK", "BUG", "FUTEX", "EPOLL", "SIGNALFD", "TIMERFD", "EVENTFD",
    "SHMEM", "MULTIUSER", "FILE_LOCKING", "UNIX98_PTYS", "RD_GZIP", "KALLSYMS",
    "KALLSYMS_ALL", "TTY", "SERIAL_8250", "SERIAL_8250_CONSOLE", "BLK_DEV_INITRD",
    "BINFMT_ELF", "BINFMT_SCRIPT", "PROC_FS", "SYSFS", "TMPFS",
    "DEVTMPFS", "DEBUG_FS", "MODULES", "MODULE_UNLOAD", "MODVERSIONS", "POSIX_TIMERS",
    "HIGH_RES_TIMERS", "NET", "UNIX", "INET", "BLOCK", "KPROBES", "PERF_EVENTS",
    "IA32_EMULATION", "DEBUG_BUGVERBOSE",
    "FTRACE", "FUNCTION_TRACER", "DYNAMIC_FTRACE", "CPU_MITIGATIONS", "MITIGATION_RETPOLINE",
    "MITIGATION_RETHUNK", "MITIGATION_SLS", "STACKPROTECTOR", "STACKPROTECTOR_STRONG",
    "UNWINDER_ORC", "X86_KERNEL_IBT", "MAGIC_SYSRQ", "EARLY_PRINTK",
)  # fmt: skip
# Half of a kernel's source, which none of these kernels needs.
_UNUSED = (
    "*/arch/[a-tv-wz]*/*.[chS]", "*/drivers/gpu/*.[ch]", "*/drivers/net/*/*.[ch]",
    "*/drivers/media/*.[ch]", "*/drivers/staging/*.[ch]", "*/drivers/infiniband/*.[ch]",
    "*/sound/*.[ch]", "*.dts", "*.dtsi", "*/tools/testing/*", "*/tools/perf/*",
    "*/Documentation/*.rst",
)  # fmt: skip
_TOOLS = ("bison", "flex", "bc", "libelf-dev", "libdw-dev")
_LIBRARIES = Path("usr/lib/x86_64-linux-gnu")
# Counts up when the same options make another kernel.
_REVISION = 2


@dataclass(frozen=True)
class OwnKernel:
    """How a kernel of our own is made.

    Attributes:
        name: What a test's parameter calls it.
        source: The package with its source.
        suite: The suite that has it.
        flavour: What it is made for, in words.
        options: What is on in it, beside the usual.
        llvm: Whether clang and the rest of LLVM build it.
    """

    name: str
    source: str
    suite: str
    flavour: str
    options: tuple[str, ...]
    llvm: bool = False

    def get(self) -> KernelTree:
        """Return the kernel, which takes ten minutes where it is not in the cache yet."""
        clang = cc.choose_clang()[0] if self.llvm else None
        suffix = f"-{clang.version.major}" if clang else ""
        name = cache.key(_REVISION, self.source, self.suite, _USUAL, self.options, suffix)
        place = cache.entry("test-kernels", name, lambda folder: self._make(folder, suffix))
        return read_tree(place / "linux", Origin.PATH)

    def _make(self, folder: Path, suffix: str) -> None:
        tools = _tools(f"lld{suffix}", f"llvm{suffix}") if self.llvm else _tools()
        _unpack(self, folder)
        tree = folder / "linux"
        options = (*_USUAL, *self.options)
        (tree / "all.config").write_text("".join(f"CONFIG_{name}=y\n" for name in options))
        make = ["make", "-s", *([f"LLVM={suffix}"] if self.llvm else [])]
        env = _environment(tools)
        # Make in the tree itself: it may be moved afterwards, which a folder of its own may not.
        for words in (["KCONFIG_ALLCONFIG=all.config", "allnoconfig"], ["-j2", "all"]):
            done = subprocess.run(
                [*make, *words], cwd=tree, env=env, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        made = (tree / ".config").read_text().splitlines()
        off = [name for name in options if f"CONFIG_{name}=y" not in made]
        assert not off, f"this kernel cannot have them: {off}"


def _unpack(kernel: OwnKernel, folder: Path) -> None:
    """Unpack what is needed of the source, as the folder `linux`."""
    work = folder / "apt"
    (package,) = debian.download(kernel.suite, kernel.source, into=work)
    archive = f"./usr/src/{kernel.source}.tar.xz"
    left_out = (f"--exclude={pattern}" for pattern in _UNUSED)
    commands: list[list[str | Path]] = [
        ["dpkg-deb", "--fsys-tarfile", package],
        ["tar", "-xO", archive],
        ["tar", "-xJ", "-C", folder, *left_out],
    ]
    running: list[subprocess.Popen[bytes]] = []
    for number, command in enumerate(commands):
        before = running[-1].stdout if running else subprocess.DEVNULL
        out = subprocess.PIPE if number < len(commands) - 1 else None
        running.append(subprocess.Popen(command, stdin=before, stdout=out))
    assert [process.wait() for process in reversed(running)] == [0] * len(commands)
    cache.discard(work)
    (folder / kernel.source).rename(folder / "linux")


def _tools(*more: str) -> Path:
    """Return the root folder with what kbuild needs and this machine lacks, unpacked once."""
    apt = Apt()
    listed = apt.with_dependencies([*_TOOLS, *more])
    lacking = [listed[name] for name in sorted(listed.keys() - _installed())]

    def make(folder: Path) -> None:
        work = folder / "apt"
        for got in apt.download(lacking, work) if lacking else ():
            subprocess.run(["dpkg-deb", "-x", got.file, folder], check=True)
        cache.discard(work)
        for link in (folder / _LIBRARIES).glob("*.so"):
            # What programs are linked with is a link to the library, which may be installed.
            installed = "/" / _LIBRARIES / link.readlink().name if link.is_symlink() else link
            if not link.exists() and installed.exists():
                link.unlink()
                link.symlink_to(installed)

    versions = [(package.name, package.version) for package in lacking]
    return cache.entry("test-tools", cache.key(_REVISION, versions), make)


def _installed() -> set[str]:
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    rows = [line.split() for line in shown.splitlines()]
    return {name for name, *status in rows if status == ["installed"]}


def _environment(tools: Path) -> dict[str, str]:
    library = tools / _LIBRARIES
    own = {"M4": tools / "usr/bin/m4", "BISON_PKGDATADIR": tools / "usr/share/bison"}
    return {
        "PATH": f"{tools}/usr/bin:{os.environ['PATH']}:/usr/sbin:/sbin",
        "LC_ALL": "C",
        "C_INCLUDE_PATH": f"{tools}/usr/include:{tools}/usr/include/x86_64-linux-gnu",
        "LIBRARY_PATH": str(library),
        "LD_LIBRARY_PATH": str(library),
        # Where they are looked for otherwise is where their packages would have put them.
        **{name: str(path) for name, path in own.items() if path.exists()},
    }
