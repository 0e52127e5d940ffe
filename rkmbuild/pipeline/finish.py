"""The last step: the module where the user looks for it, its debug information beside it."""

from pathlib import Path

from rkmbuild.base import cache, files, process
from rkmbuild.toolchain.parts import Tool

# In hello_world.ko 2 KB of 47 are 32 labels (.Ltmp5), which would be in /proc/kallsyms as well, and
# `.comment`.
_NEEDLESS = ("--strip-debug", "--discard-locals", "--remove-section=.comment")


def finish(made: Path, module: Path, objcopy: Tool) -> Path:
    """Split `made` into `module`, without debug information, and `<module>.debug` with it.

    Both are written beside their place and renamed into it, so that neither is ever half there.
    The build-id that kbuild's link gave (`.note.gnu.build-id`) is in both, and the module says in
    `.gnu_debuglink` what the other file is called. Labels that compilers made for themselves, which
    nothing refers to any more, and the list of compilers go with the debug information.

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
            _run(objcopy, *_NEEDLESS, f"--add-gnu-debuglink={debug}", made, draft)
    return debug


def _run(objcopy: Tool, *arguments: str | Path) -> None:
    process.run([objcopy.path, *arguments], doing="splitting off the debug information")
