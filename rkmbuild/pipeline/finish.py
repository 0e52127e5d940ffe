"""The last step: the module where the user looks for it, its debug information beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from rkmbuild.base import cache, files, process
from rkmbuild.toolchain.parts import Tool

_DOING = "splitting off the debug information"
# In hello_world.ko 2 KB of 47 are 32 labels (.Ltmp5), which would be in /proc/kallsyms as well, and
# `.comment`. Names of the room before functions (__pfx_) stay: by the next name the kernel tells
# how large a function is, and `decode` whether it is the one that it knows.
_NEEDLESS = ("--strip-debug", "--discard-locals", "--remove-section=.comment")


def finish(
    made: Path, module: Path, objcopy: Tool, judge: Callable[[], None], added: Sequence[str] = ()
) -> Path:
    """Split `made` into `module`, without debug information, and `<module>.debug` with it.

    Both are written beside their place and renamed into it, so that neither is ever half there.
    The build-id that kbuild's link gave (`.note.gnu.build-id`) is in both, and the module says in
    `.gnu_debuglink` what the other file is called. Labels that compilers made for themselves, which
    nothing refers to any more, and the list of compilers go with the debug information.

    Args:
        made: The module with its debug information.
        module: Where it goes.
        objcopy: What splits it.
        judge: What raises where the module is not to get its place; it runs beside objcopy.
        added: More arguments of objcopy for the module.

    Returns:
        The file with the debug information.

    Raises:
        BuildError: objcopy failed.
    """
    debug = module.with_name(f"{module.name}.debug")
    with cache.writing(module.parent):
        module.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(debug) as draft:
            command = [str(objcopy.path), "--only-keep-debug", str(made), str(draft)]
            with process.beside(command) as ended:
                judge()
                done = ended()
            if done.returncode != 0:
                raise process.failed(done, doing=_DOING)
        with files.replacing(module) as draft:
            link = f"--add-gnu-debuglink={debug}"
            process.run([objcopy.path, *_NEEDLESS, *added, link, made, draft], doing=_DOING)
    return debug
