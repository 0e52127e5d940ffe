"""The compiler flags that kbuild gives a module's C files, as kbuild itself says them."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rkmbuild.base import cache, files, process, search_path
from rkmbuild.base.errors import KernelError, ToolchainError
from rkmbuild.kernel import modfinal
from rkmbuild.kernel.overlay import Overlay

# An object's explicit rule wins over kbuild's pattern rule, so nothing is compiled. $(file ...)
# writes without a shell (make 4.0 and later), so the quotes in $(c_flags) survive.
_KBUILD = f"""\
{modfinal.KBUILD_LINES}obj-m := rkmbuild_probe.o
$(obj)/rkmbuild_probe.o: FORCE
\t$(file >$(obj)/c_flags,$(c_flags))$(file >$(obj)/folder,$(CURDIR))$(file >$(obj)/cc,$(CC))@:
"""
# What holds for this one object alone: names, and the file that dependencies are written to.
_OF_THE_OBJECT = (
    "-Wp,-MMD,", "-Wp,-MD,", "-DKBUILD_BASENAME=", "-DKBUILD_MODNAME=", "-D__KBUILD_MODNAME=",
    "-DKBUILD_MODFILE=",
)  # fmt: skip
OF_A_MODULE = (
    "-DMODULE", '-DKBUILD_BASENAME="rkmbuild"', '-DKBUILD_MODNAME="rkmbuild"',
    "-D__KBUILD_MODNAME=kmod_rkmbuild", '-DKBUILD_MODFILE="rkmbuild"',
)  # fmt: skip
"""What stands in for that where headers alone are read: many of the network's name the module."""
# Counts up when kbuild is asked in another way, or more is left out of what it says.
_REVISION = 1
# Flags whose value is a path, in the same word or in the next one.
_WITH_PATH = ("-include", "-imacros", "-isystem", "-iquote", "-idirafter", "-I")


def module_c_flags(overlay: Overlay, make_variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return kbuild's `$(c_flags)` for a C file of a module, one argument an item.

    What differs from object to object is left out (KBUILD_MODNAME and its kin, dependency files),
    and paths are absolute, so that the flags work in any folder.

    Args:
        overlay: The kernel.
        make_variables: What the build will have on make's command line, as `CC`: kbuild asks the
            compiler which of its flags it has.

    Raises:
        ToolchainError: the C compiler, or make, is not there.
        KernelError: kbuild failed, which a broken .config or incomplete headers do.
    """
    compiler = make_variables.get("CC", overlay.tree.compiler.command)
    key = cache.key(_REVISION, overlay.key, make_variables, _identity(compiler))

    def make(folder: Path) -> None:
        flags = _ask(overlay, make_variables)
        (folder / "c_flags.json").write_text(json.dumps(flags, indent=1))

    place = cache.entry("c-flags", key, make)
    return tuple(json.loads((place / "c_flags.json").read_text()))


def parse(text: str, folder: Path) -> list[str]:
    """Return the arguments in `text`, kbuild's `$(c_flags)`, which is quoted for a shell.

    Args:
        text: What make expanded.
        folder: Where the compiler would run: what its relative paths are relative to.
    """
    words = [word for word in shlex.split(text) if not word.startswith(_OF_THE_OBJECT)]
    return list(_absolute(words, folder))


def _ask(overlay: Overlay, make_variables: Mapping[str, str]) -> list[str]:
    with cache.temporary() as folder:
        (folder / "Kbuild").write_text(_KBUILD)
        process.run(
            [
                "make", "-s", "-C", overlay.build, f"M={folder}",
                *(f"{name}={value}" for name, value in make_variables.items()),
                "rkmbuild_probe.o",
            ],
            doing=f"asking kbuild of {overlay.tree.release} for its C flags",
            failure=KernelError,
            hint="headers that were not prepared for modules show here: `make modules_prepare`"
            " completes a tree of one's own, the distribution's package is complete as it is",
        )  # fmt: skip
        compiler = shlex.split((folder / "cc").read_text())
        if not compiler or not search_path.named(compiler[-1]):
            # With no compiler kbuild does not fail here: each question has the answer "no".
            raise ToolchainError(
                f"the C compiler of this kernel was not found: {' '.join(compiler) or 'CC='}",
                hint="`rkmbuild doctor` says what installs it; `--cc clang` does without it",
            )
        return parse(
            (folder / "c_flags").read_text(), Path((folder / "folder").read_text().strip())
        )


def _absolute(words: Sequence[str], folder: Path) -> Iterator[str]:
    value_follows = False
    for word in words:
        flag = next((flag for flag in _WITH_PATH if word.startswith(flag)), None)
        if value_follows:
            yield str(folder / word)
            value_follows = False
        elif flag is None:
            yield word
        elif word == flag:
            value_follows = True
            yield word
        else:
            yield flag + str(folder / word[len(flag) :])


def _identity(command: str) -> list[object]:
    """Return what tells one compiler from another that took its place."""
    found = map(search_path.named, shlex.split(command))
    return [command, *(files.named_stamp(path.resolve()) for path in found if path)]
