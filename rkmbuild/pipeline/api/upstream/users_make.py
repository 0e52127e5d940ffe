"""A make of the user's own, with what puts our kernel's tree behind the kernel's own rules."""

import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rkmbuild.base import console, process
from rkmbuild.base.errors import ProjectError
from rkmbuild.pipeline.api.upstream.overlaid import Overlaid
from rkmbuild.toolchain import binutils

NAMES = ("KDIR", "KERNELDIR", "KERNEL_DIR", "KERNEL_SRC", "KSRC")
"""How makefiles of external modules call the kernel's folder, most of them."""

# In the order in which GNU make looks for one ("Makefile Names" in its manual).
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
# `KERNEL_PATH := /lib/modules/$(shell uname -r)/build`, whatever the variable is called.
_NAMING = re.compile(
    r"^[ \t]*(?:(?:export|override)[ \t]+)*(\w+)[ \t]*(?:[?:]|::)?=[ \t]*"
    r"(?:/lib/modules/\S.*/(?:build|source)|/usr/src/linux\S*)[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
_FIXED = re.compile(r"-C[ \t]*(?:/lib/modules/.*?/(?:build|source)\b|/usr/src/\S+)")
# What an outer make tells those that it starts: this one is none of them.
_OF_AN_OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")


def command(kernel: Overlaid, arguments: Sequence[str], folder: Path) -> list[str]:
    """Return the command.

    Variables on make's command line win over those of makefiles, and reach each make that one
    starts; a variable among `arguments` wins over ours.

    Args:
        kernel: The kernel to build for.
        arguments: What the user has for make.
        folder: The folder that it is started in.

    Raises:
        ProjectError: its makefile names the kernel's folder where no variable does.
        ToolchainError: there is no make.
    """
    places = [f"{name}={kernel.objtree}" for name in names(arguments, folder)]
    return [str(binutils.make().path), *places, *kernel.settings(), *arguments]


def names(arguments: Sequence[str], folder: Path) -> tuple[str, ...]:
    """Return the variables that a makefile may have the kernel's folder in.

    Raises:
        ProjectError: it names that folder where no variable does.
    """
    found = dict.fromkeys(NAMES)
    for file in _makefiles(arguments, folder):
        text = file.read_text(errors="replace")
        found |= dict.fromkeys(_NAMING.findall(text))
        fixed = _FIXED.search(text)
        if fixed:
            raise ProjectError(
                f"{file} names the kernel's folder in a command, where no variable reaches it: "
                f"{fixed.group()}",
                hint="have it say KDIR ?= /lib/modules/`uname -r`/build and -C $(KDIR), or let "
                "the kernel's own rules build the folder as it is: rkmbuild build",
            )
    return tuple(found)


def run(argv: Sequence[str], folder: Path) -> int:
    """Run it, on our terminal and with all of our environment; return its exit status.

    What it is started with is the user's affair, as it would be without us.

    Raises:
        ToolchainError: it cannot be started.
    """
    env = {name: value for name, value in os.environ.items() if name not in _OF_AN_OUTER_MAKE}
    console.flush()
    child = process.popen(
        argv,
        env=env,
        cwd=folder,
        stdin=sys.stdin.fileno(),
        stdout=None,
        stderr=None,
        # Who types can answer what it asks, as sudo does, and Ctrl-C reaches all of it; where
        # nobody does, a group of its own ends with us.
        own_group=not os.isatty(sys.stdin.fileno()),
    )
    try:
        status = child.wait()
    finally:
        process.stop(child)
    # As a shell says that a signal ended it.
    return status if status >= 0 else 128 + signal.Signals(-status)


def _makefiles(arguments: Sequence[str], folder: Path) -> Iterator[Path]:
    """Give the makefiles that make reads first, as far as its arguments tell."""
    named = []
    for option, value in _with_values(arguments):
        if option == "-C":
            folder /= value
        else:
            named.append(value)
    if named:
        yield from (folder / name for name in named if (folder / name).is_file())
        return
    for name in _MAKEFILES:
        if (folder / name).is_file():
            yield folder / name
            return


def _with_values(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give each `-C` and `-f` with its value, of which both can be one word."""
    left = iter(arguments)
    for word in left:
        if word in ("-C", "-f"):
            yield word, next(left, "")
        elif word.startswith(("-C", "-f")):
            yield word[:2], word[2:]
        elif word.startswith(("--directory=", "--file=", "--makefile=")):
            option, _, value = word.partition("=")
            yield "-C" if option == "--directory" else "-f", value
