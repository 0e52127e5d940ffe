"""A root file system in which rkmbuild itself runs: Python, the tool, kmod, sudo, and modules.

It becomes an initramfs, which a kernel unpacks within a second and which nothing has to be mounted
for. Only what the commands import goes in, as compiled Python: compiling is slow in an emulator.
"""

import json
import py_compile
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Commands that, run here, import what they will import there; what only the success of a load
# imports is named.
_COMMANDS = ("--help", "list", "list --json", "log", "log --json", "load --no-such",
             "load /dev/null", "load /no-such.ko x=1", "unload none", "load /")  # fmt: skip
_IMPORTS = ("lzma", "tempfile", "iced_x86", "elftools.elf.elffile", "elftools.elf.sections",
            "platformdirs.unix", "encodings.idna", "encodings.latin_1", "encodings.ascii",
            "encodings.unicode_escape", "runpy", "ctypes", "concurrent.futures.thread",
            "multiprocessing")  # fmt: skip
_LIST = """
import contextlib, importlib, io, json, pkgutil, sys
import rkmbuild
from rkmbuild.cli import app
*commands, names = sys.argv[1:]
for command in commands:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with contextlib.suppress(Exception, SystemExit):
            app(command.split(), standalone_mode=True)
ours = [module.name for module in pkgutil.walk_packages(rkmbuild.__path__, "rkmbuild.")]
for name in (*ours, *names.split()):
    importlib.import_module(name)
print(json.dumps({n: m.__file__ for n, m in sys.modules.items() if getattr(m, "__file__", None)}))
"""
_HOME = "py"
# By their paths: where libpam looks for others may be a link in this system alone.
_PAM = """\
auth required {0}/pam_deny.so
account required {0}/pam_permit.so
session required {0}/pam_permit.so
"""


def make(root: Path) -> None:
    """Fill the folder `root`."""
    _python(root)
    for tool in ("kmod", "sudo", "zstd", "addr2line", "c++filt"):
        _program(root, tool)
    for tool in ("install", "mv", "rm", "rmdir"):
        _program(root, tool)
    for name in ("insmod", "rmmod", "modprobe", "depmod"):
        (root / "usr/sbin").mkdir(parents=True, exist_ok=True)
        (root / "usr/sbin" / name).symlink_to("/usr/bin/kmod")
    _copy(root, Path("/bin/busybox"))
    _sudo(root)
    for folder in ("proc", "sys", "dev", "tmp", "run", "root", "home/user"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    etc = root / "etc"
    (etc / "passwd").write_text(
        "root:x:0:0::/root:/bin/busybox\n"
        "user:x:1000:1000::/home/user:/bin/busybox\n"
        "nobody:x:65534:65534::/tmp:/bin/busybox\n"
    )
    (etc / "group").write_text("root:x:0:\nuser:x:1000:\nnobody:x:65534:\n")
    (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\n")


def _python(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIST, *_COMMANDS, " ".join(_IMPORTS)],
        check=True,
        capture_output=True,
        text=True,
    )
    modules: dict[str, str] = json.loads(done.stdout)
    home = root / _HOME / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    for name, file in modules.items():
        if name == "__main__":
            continue
        source = Path(file)
        inside = home.joinpath(*name.split("."))
        if source.name == "__init__.py":
            inside /= "__init__"
        if source.suffix == ".py":
            target = inside.with_name(f"{inside.name}.pyc")
            target.parent.mkdir(parents=True, exist_ok=True)
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(file, str(target), dfile=name, doraise=True, invalidation_mode=mode)
        else:
            # An extension module keeps the end of its name, which says for which Python it is.
            suffix = source.name.partition(".")[2]
            target = inside.with_name(f"{inside.name}.{suffix}")
            _copy(root, source, target)
    _copy(root, Path(sys.executable).resolve(), root / _HOME / "bin/python3")


def _program(root: Path, name: str) -> None:
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(f"this test needs {name}: install the package of that name")
    _copy(root, Path(path).resolve(), root / "usr/bin" / name)


def _sudo(root: Path) -> None:
    plugins = next(p for p in map(Path, ("/usr/libexec/sudo", "/usr/lib/sudo")) if p.is_dir())
    for library in plugins.glob("*.so*"):
        _copy(root, library)
    security = Path(_libraries(Path("/usr/bin/sudo"))[0]).parent
    places = (Path("/lib/x86_64-linux-gnu/security"), security / "security", Path("/lib/security"))
    pam = next(p for p in places if p.is_dir())
    for module in ("pam_permit.so", "pam_deny.so"):
        _copy(root, pam / module)
    (root / "etc/pam.d").mkdir(parents=True)
    for service in ("sudo", "other"):
        (root / "etc/pam.d" / service).write_text(_PAM.format(pam))
    sudoers = root / "etc/sudoers"
    sudoers.write_text(
        "root ALL=(ALL) ALL\nuser ALL=(root) NOPASSWD: /usr/sbin/insmod, /usr/sbin/rmmod\n"
    )
    sudoers.chmod(0o440)


def _copy(root: Path, source: Path, target: Path | None = None) -> None:
    """Copy a program or library and the libraries that it needs, which stay where they are."""
    target = target or root / str(source).lstrip("/")
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)
    for library in _libraries(source):
        _copy(root, Path(library))


def _libraries(file: Path) -> list[str]:
    done = subprocess.run(["ldd", str(file)], check=False, capture_output=True, text=True)
    return re.findall(r"(?m)(?:=> |^\s)(/\S+) \(0x", done.stdout)
