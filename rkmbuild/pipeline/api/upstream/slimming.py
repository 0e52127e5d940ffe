"""What stays of the packages of a toolchain, and under which names: what compilations need."""

import re
import shutil
from pathlib import Path

PROGRAMS = ("rustc", "rustdoc", "cargo", "bindgen")
# Of what is unpacked: not the compiler's own source, manuals, programs that are not started.
_KEPT = ("lib", "lib64", "bin", "src")
# Of the library's source: what nothing but its own tests reads.
_UNUSED_SOURCE = ("stdarch/crates/stdarch-verify", "stdarch/crates/stdarch-test", "stdarch/ci")
# The end of the names of libraries that programs ask for.
_ASKED = re.compile(r"\.so\.\d")


def slim(folder: Path) -> None:
    """Remove what no compilation needs, two thirds of it, and have no links: they are not shipped.

    The library's source comes to where rustc's own sysroot has it.
    """
    usr = folder / "usr"
    for each in (*folder.iterdir(), *usr.iterdir()):
        if each != usr and each.name not in _KEPT:
            shutil.rmtree(each)
    for each in (usr / "bin").iterdir():
        if each.name not in PROGRAMS:
            each.unlink()
    for library in (usr / "src").glob("*/library"):
        place = usr / "lib/rustlib/src/rust"
        place.unlink(missing_ok=True)
        place.mkdir(parents=True)
        library.rename(place / "library")
        for name in _UNUSED_SOURCE:
            shutil.rmtree(place / "library" / name, ignore_errors=True)
    shutil.rmtree(usr / "src")
    _without_links(usr)


def _without_links(root: Path) -> None:
    """Give each file the name by which programs ask for it, and remove all links.

    That is a link's, where it has the number of an interface (`libz.so.1` of `libz.so.1.3.1`,
    `libmbedtls.so.21` of `libmbedtls.so.3.6.4`), and LLVM's folder has it for its libclang; the
    loader is asked afterwards.
    """
    for link in sorted(path for path in root.rglob("*") if path.is_symlink()):
        real = link.resolve()
        link.unlink()
        if real.name != link.name and _ASKED.search(link.name) and real.is_file():
            real.rename(link)
