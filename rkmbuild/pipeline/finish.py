"""The last step: the module where the user looks for it, its debug information beside it."""

from pathlib import Path

from rkmbuild.base import cache, files, process
from rkmbuild.toolchain.parts import Tool


def finish(made: Path, module: Path, objcopy: Tool) -> Path:
    """Split `made` into `module`, without debug information, and `<module>.debug` with it.

    Both are written beside their place and renamed into it, so that neither is ever half there.
    The build-id that kbuild's link gave (`.note.gnu.build-id`) is in both, and the module says in
    `.gnu_debuglink` what the other file is called.

    Returns:
        The file with the debug information.

    Raises:
        BuildError: objcopy failed.
    """
    debug = module.with_name(f"{module.name}.debug")
    with cache.writing(module.parent):
        module.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(debug) as draft:
            _run(objcopy, "--only-keep-debug", made, draft)
        with files.replacing(module) as draft:
            _run(objcopy, "--strip-debug", f"--add-gnu-debuglink={debug}", made, draft)
    return debug


def _run(objcopy: Tool, *arguments: str | Path) -> None:
    process.run([objcopy.path, *arguments], doing="splitting off the debug information")
