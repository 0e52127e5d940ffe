"""Sources on Rust for Linux's own `kernel` crate, without a project around them."""

import shutil
from pathlib import Path

_DATA = Path(__file__).parent / "data" / "upstream"
MAKEFILES = {
    "by a make of the kernel's": (
        "KDIR ?= /lib/modules/`uname -r`/build\n\n"
        "default:\n\t$(MAKE) -C $(KDIR) M=$$PWD\n\nfails:\n\texit 3\n"
    ),
    "by including the kernel's": (
        "KDIR ?= /lib/modules/`uname -r`/build\n"
        "export KBUILD_EXTMOD = $(CURDIR)\ninclude $(KDIR)/Makefile\n"
    ),
}
"""The two forms of makefile that external modules have."""


def one_file(folder: Path) -> Path:
    """Put a module in one file into a new folder; return the file."""
    shutil.copytree(_DATA / "one", folder)
    return folder / "lonely_file.rs"


def of_two(folder: Path) -> Path:
    """Make a folder of two modules: `mixed` of Rust and C, and `plain` in C, which needs it."""
    return Path(shutil.copytree(_DATA / "folder", folder))


def in_c(folder: Path) -> Path:
    """Make a folder with a module in C, which has a header in a folder of its own."""
    (folder / "include").mkdir(parents=True)
    (folder / "include/limit.h").write_text("#define LIMIT 42\n")
    (folder / "Makefile").write_text("obj-m := only_c.o\nccflags-y := -I$(src)/include\n")
    (folder / "only_c.c").write_text(
        '#include <linux/module.h>\n#include "limit.h"\n\nstatic int limit = LIMIT;\n'
        'module_param(limit, int, 0444);\n\nMODULE_LICENSE("GPL");\n'
        'MODULE_DESCRIPTION("A module in C");\n'
    )
    return folder


def contents(folder: Path) -> dict[str, int]:
    """Return what lies in a folder beside `target/`, each with the time of its last change."""
    return {
        str(file.relative_to(folder)): 0 if file.is_dir() else file.stat().st_mtime_ns
        for file in sorted(folder.rglob("*"))
        if file.relative_to(folder).parts[0] != "target"
    }
