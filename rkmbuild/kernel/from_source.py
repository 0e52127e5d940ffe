"""Compiles a kernel from its source, as small as its configuration asks for."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rkmbuild.base import console, process
from rkmbuild.base.errors import BuildError, KernelError
from rkmbuild.kernel import kconfig

_FRAGMENT = "all.config"
# Of what make says last, as much as shows what went wrong.
_KEPT_LINES = 60
_SAID_EVERY_SECONDS = 60
# What only the kernel's own build reads, outside of scripts/ and tools/.
_OF_THE_BUILD = (".o", ".a", ".c", ".S", ".ko", ".cmd", ".mod", "vmlinux.unstripped")


def names(fragment: str) -> tuple[str, ...]:
    """Return the options that a fragment of a configuration turns on, without CONFIG_."""
    lines = (line for line in fragment.splitlines() if line.startswith("CONFIG_"))
    return tuple(
        line.removeprefix("CONFIG_").removesuffix("=y") for line in lines if line.endswith("=y")
    )


def configure(
    tree: Path,
    fragment: str,
    demanded: Iterable[str],
    *,
    env: Mapping[str, str],
    variables: Sequence[str] = (),
) -> None:
    """Configure a source: what a fragment says, and all else off.

    Args:
        tree: The source.
        fragment: Lines of a .config.
        demanded: Options, without CONFIG_, without which the kernel is not wanted.
        env: The environment of make.
        variables: Variables of make, as `LLVM=-19`.

    Raises:
        BuildError: make failed.
        KernelError: this source, or its compiler, does not have a demanded option.
    """
    (tree / _FRAGMENT).write_text(fragment)
    process.run(
        ["make", "-s", *variables, f"KCONFIG_ALLCONFIG={_FRAGMENT}", "allnoconfig"],
        doing="configuring the kernel",
        env=env,
        cwd=tree,
    )
    made = (tree / kconfig.DOT_CONFIG).read_text().splitlines()
    off = [name for name in demanded if f"CONFIG_{name}=y" not in made]
    if off:
        raise KernelError(
            f"this kernel cannot have {', '.join(f'CONFIG_{name}' for name in off)}",
            hint="its version does not know it, another option rules it out, or the compiler of "
            "this machine lacks what it needs",
        )


def compile_all(
    tree: Path,
    *,
    env: Mapping[str, str],
    variables: Sequence[str] = (),
    jobs: int | None = None,
) -> None:
    """Compile a configured source, in the source itself.

    It may be moved afterwards, which what `make O=` makes may not.

    Args:
        tree: The source.
        env: The environment of make.
        variables: Variables of make.
        jobs: How many commands make may run at once; as many as there are processors where None.

    Raises:
        BuildError: make failed.
    """
    at_once = jobs or len(os.sched_getaffinity(0))
    command = ("make", *variables, f"-j{at_once}", "all")
    started = said = time.monotonic()
    compiled, last = 0, list[str]()
    running = process.popen(command, env=env, cwd=tree)
    try:
        for raw in running.stdout or ():
            line = raw.decode(errors="replace").rstrip("\n")
            last = [*last[1 - _KEPT_LINES :], line]
            compiled += line.lstrip().startswith(("CC ", "AS "))
            now = time.monotonic()
            if now - said >= _SAID_EVERY_SECONDS:
                said = now
                console.status("Compiled", f"{compiled} files in {(now - started) / 60:.0f} min")
        status = running.wait()
    finally:
        process.stop(running)
    if status != 0:
        done = process.Completed(
            argv=command,
            returncode=status,
            stdout="\n".join(last),
            stderr="",
            seconds=time.monotonic() - started,
        )
        raise process.failed(done, doing="compiling the kernel", failure=BuildError, cwd=tree)


def slim(tree: Path) -> None:
    """Remove from a compiled source what neither modules nor guests need of it.

    What is left is what packages of headers have, the image, and what the kernel exports.
    """
    for folder, _, files in os.walk(tree):
        place = Path(folder)
        top = place.relative_to(tree).parts[:1]
        if top in (("scripts",), ("tools",)):
            continue
        for name in files:
            if name.endswith(_OF_THE_BUILD) or name.startswith(".tmp_"):
                (place / name).unlink()
