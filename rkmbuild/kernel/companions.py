"""What a kernel's own tools and compiler need on a machine that is older than they are.

A kernel of a newer suite brings modpost, objtool and the like for that suite's C library, and was
built by its compiler. Loader, libraries and compiler of the same suite lie unpacked in a folder of
the fetched kernel, and nothing of the machine is changed: each program is started by a small script
that has that loader start it, with those libraries. A namespace would do as well, but containers
and hardened machines refuse to make one; a loader is a program like any other.
"""

import os
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base import files, process
from rkmbuild.base.errors import FetchError
from rkmbuild.toolchain import runnable

# The folder of the compiler's script, and what the compiler has start its own programs.
_SCRIPTS = "rkmbuild"
_START = "start"
# gcc's driver starts the compiler proper and the assembler: the first by the path of its own one,
# the second by its bare name, or, as gcc 16 of Debian, by a path that was set when it was built.
_START_SCRIPT = """\
program="$1"
shift
case "$program" in
"$root"/*) ;;
/*) program="$root$program" ;;
*) program="$root/usr/bin/$program" ;;
esac
"""
_STARTED = ("cc1", "as")
# Without these no module is built; the others of a kernel's tools sign, and write BTF.
_NEEDED = ("fixdep", "modpost", "objtool", "genksyms", "gendwarfksyms", "recordmcount")


@dataclass(frozen=True, kw_only=True)
class Companions:
    """Loader and libraries of another suite, and perhaps its compiler.

    Attributes:
        root: The folder that they were unpacked below.
    """

    root: Path

    @cached_property
    def loader(self) -> Path:
        """The loader; FetchError where there is none."""
        named = Path(architectures.host().loader).relative_to("/")
        # Debian's packages have it below /usr since 13, with a link for the name that counts.
        places = [self.root / named, self.root / "usr" / named]
        places += [file for file in sorted(self.root.rglob(named.name)) if not file.is_symlink()]
        for place in places:
            if files.is_file(place):
                return place
        raise FetchError(f"the packages have no loader {named.name}")

    @cached_property
    def libraries(self) -> list[Path]:
        """The folders with the libraries; that of the C library lies beside its loader."""
        beside = self.loader.resolve().parent.name
        names = [f"{lib}/{sub}" for lib in ("usr/lib", "lib") for sub in (beside, ".")]
        found: dict[Path, Path] = {}
        for name in (*names, "usr/lib64", "lib64"):
            folder = self.root / name
            if files.is_folder(folder) and any(folder.glob("lib*.so.*")):
                found.setdefault(folder.resolve(), folder)
        return list(found.values())

    @property
    def compiler(self) -> Path | None:
        """The script that starts the compiler, or None where there is none."""
        return next(iter(sorted((self.root / _SCRIPTS).glob("*gcc*"))), None)

    def script(self, program: Path) -> str:
        """Return the script that starts a kernel's tool, under the script's own name.

        What a tool looks for beside itself (Debian's modpost and objtool start one of several) it
        then finds beside the script.
        """
        return self._script(str(self.root), '"$0"', shlex.quote(str(program)))

    def add_compiler(self, command: str, package: str) -> None:
        """Write the script that starts the compiler, and that for what it starts in turn.

        Args:
            command: What the kernel calls its compiler.
            package: What the compiler was called to the source.

        Raises:
            FetchError: a part of it is not there, or lacks a library.
        """
        binaries = self.root / "usr/bin"
        driver = next(
            (binaries / name for name in (command, package) if files.is_file(binaries / name)), None
        )
        if driver is None:
            raise FetchError(f"the packages of {package} have no command {command}")
        self.check([driver, *(self._started(driver, name) for name in _STARTED)])
        scripts = self.root / _SCRIPTS
        scripts.mkdir()
        _write(scripts / _START, self._own(_START_SCRIPT, '"$program"'))
        place = f'"$root/{driver.relative_to(self.root)}"'
        _write(scripts / driver.name, self._own("", place, f'-wrapper "${{0%/*}}/{_START}"'))

    def add_program(self, program: Path, before: str = "") -> None:
        """Write the script that starts a program of the root, by the program's own name.

        Args:
            program: It.
            before: Lines of shell that come first; `$root` is the root.
        """
        place = f'"$root/{program.relative_to(self.root)}"'
        (self.root / _SCRIPTS).mkdir(exist_ok=True)
        _write(self.started(program.name), self._own(before, place))

    def started(self, name: str) -> Path:
        """Return the script that starts the program `name`, where `add_program` wrote one."""
        return self.root / _SCRIPTS / name

    def check(self, programs: list[Path]) -> None:
        """See that programs find all their libraries.

        Raises:
            FetchError: one does not.
            ToolchainError: the loader cannot be asked.
        """
        lacking = runnable.lacking(programs, self.loader, self.libraries)
        for program, what in lacking.items():
            raise FetchError(f"{program.name} needs {what}, which none of the packages has")

    def _started(self, driver: Path, name: str) -> Path:
        """Return a program that gcc's driver starts; FetchError where there is none."""
        said = process.run(
            [
                self.loader, "--library-path", ":".join(map(str, self.libraries)),
                "--argv0", driver, driver, f"-print-prog-name={name}",
            ],
            doing=f"asking {driver.name} for its {name}",
            failure=FetchError,
        ).stdout.strip()  # fmt: skip
        file = Path(os.path.normpath(driver.parent / said))
        if not file.is_relative_to(self.root):
            file = self.root / file.relative_to("/")
        if not files.is_file(file):
            raise FetchError(f"the packages of {driver.name} have no {name}, which it starts")
        return file

    def _own(self, before: str, program: str, more: str = "") -> str:
        """Return a script that finds all from where it is itself, for the root is moved later."""
        # Without `..`, which gcc takes out of the paths that it gives its programs.
        root = "${0%/*/*}"
        return self._script(root, program, f"{program} {more}".rstrip(), before)

    def _script(self, root: str, name: str, command: str, before: str = "") -> str:
        loader = self.loader.relative_to(self.root)
        path = ":".join(f"$root/{folder.relative_to(self.root)}" for folder in self.libraries)
        return (
            f'#!/bin/sh\nroot="{root}"\n{before}'
            f'exec "$root/{loader}" --library-path "{path}" --argv0 {name} {command} "$@"\n'
        )


def unfit(build: Path) -> dict[Path, str]:
    """Return the tools of an objtree that do not run on this machine, each with what it lacks.

    Returns:
        By where they lie in the objtree, relative to it.

    Raises:
        ToolchainError: this machine's loader cannot be asked.
    """
    tools = [file for name in ("scripts", "tools") for file in runnable.programs(build / name)]
    return {file.relative_to(build): why for file, why in runnable.lacking(tools).items()}


def is_needed(tool: Path) -> bool:
    """Tell whether no module can be built without a tool of a kernel's tree."""
    return tool.name.partition(".")[0] in _NEEDED


def _write(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)
