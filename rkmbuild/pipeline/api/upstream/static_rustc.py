"""rustc for the kernel's own rules, where the kernel has no Rust of its own.

kbuild's rule for a module's Rust object (`$(obj)/%.o: $(obj)/%.rs`, scripts/Makefile.build)
starts `$(RUSTC)` and lets objtool look at what it wrote. So the crate is linked in between: what
is started is a script of ours, which starts rustc, and then this module.
"""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import cache, console
from rkmbuild.base.errors import BuildError, RkmbuildError
from rkmbuild.kernel import symvers
from rkmbuild.pipeline.api.upstream import linked, sidecar
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar

KIND = "static-rustc"
# Counts up when the script is another one.
_REVISION = 1
_SCRIPT = """\
#!/bin/sh
# Made by rkmbuild.
case " $* " in
*" --emit=obj="*) ;;
*) exec {rustc} "$@" ;;
esac
{rustc} "$@" {flags} || exit
PYTHONPATH={package}${{PYTHONPATH:+:$PYTHONPATH}} exec {python} -m {module} {folder} "$@"
"""
_OBJECT = re.compile(r"--emit=obj=(.+)")
_CRATES = "rust"


class Asked(NamedTuple):
    """What kbuild has rustc make.

    Attributes:
        made: The object.
        objtree: The kernel's objtree, with the sidecar over it.
        alone: Whether the module is this object and nothing else.
    """

    made: Path
    objtree: Path
    alone: bool


def script(made_with: Sidecar) -> Path:
    """Return what `RUSTC=` is to name for a sidecar whose code modules bring along.

    Raises:
        StorageError: the cache cannot be written.
    """
    package = Path(__file__).resolve().parents[4]
    text = _SCRIPT.format(
        rustc=shlex.quote(str(made_with.rust.rustc)),
        flags=linked.FLAGS,
        package=shlex.quote(str(package)),
        python=shlex.quote(sys.executable),
        module=__spec__.name,
        folder=shlex.quote(str(made_with.folder)),
    )

    def make(folder: Path) -> None:
        (folder / "rustc").write_text(text)
        (folder / "rustc").chmod(0o755)

    return cache.entry(KIND, cache.key(_REVISION, text), make) / "rustc"


def asked(arguments: Sequence[str], modfile: str) -> Asked:
    """Read kbuild's arguments of rustc.

    Args:
        arguments: The arguments.
        modfile: `RUST_MODFILE`, the module's path without an ending.

    Raises:
        BuildError: they are not those of such a rule.
    """
    objects = [found[1] for each in arguments if (found := _OBJECT.fullmatch(each))]
    # `-L $(objtree)/rust/` (6.12 to 7.3)
    folders = [Path(arguments[at + 1]) for at, each in enumerate(arguments[:-1]) if each == "-L"]
    crates = [folder for folder in folders if folder.name == _CRATES]
    if len(objects) != 1 or not crates:
        raise BuildError("this is no command of kbuild's for an object of Rust")
    made = Path(objects[0])
    return Asked(made, crates[0].parent, modfile == str(made.with_suffix("")))


def main(arguments: Sequence[str]) -> int:
    """Link the object that rustc has made; return the exit status.

    Args:
        arguments: The sidecar's folder, and rustc's arguments.
    """
    try:
        told = asked(arguments[1:], os.environ.get("RUST_MODFILE", ""))
        made_with = sidecar.read(Path(arguments[0]))
        linked.link(
            told.made,
            made_with.crates,
            exported=symvers.load(told.objtree / "Module.symvers").keys(),
            # What other modules export is make's to know.
            alone=told.alone and not os.environ.get("KBUILD_EXTRA_SYMBOLS"),
            release=made_with.release,
        )
    except RkmbuildError as error:
        console.error(error)
        return error.code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
