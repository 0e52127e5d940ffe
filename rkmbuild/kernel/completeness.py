"""The parts that a kernel's tree must have before anything is built for it, and who has them."""

from pathlib import Path

from rkmbuild.base.errors import KernelError
from rkmbuild.distro import distribution, wsl
from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import Kconfig, KernelTree, KernelVersion, Origin

AUTOCONF_H = Path("include/generated/autoconf.h")
UTS_RELEASE = Path("include/generated/utsrelease.h")
# A tree with this file is a source that somebody can build in; packages of headers leave it out.
_OF_A_SOURCE = Path("init/main.c")
# 5.10 made the linker script of modules a generated file (596b0474d3d9); Debian moves it below
# arch/, where its Makefile.modfinal looks as well.
_SCRIPT_SINCE = KernelVersion(5, 10)


def check(build: Path, source: Path, config: Kconfig, release: str) -> None:
    """Refuse a tree that lacks a file without which kbuild makes no module.

    Args:
        build: The objtree.
        source: The srctree.
        config: Its configuration.
        release: What `uname -r` says under it.

    Raises:
        KernelError: it lacks one.
    """
    needed = [
        (build, AUTOCONF_H),
        (build, UTS_RELEASE),
        (source, Path("Makefile")),
        (source, Path("scripts/Makefile.build")),
        (source, Path("include/linux/module.h")),
        (build, Path("scripts/basic/fixdep")),
        (build, Path("scripts/mod/modpost")),
    ]
    if config.on("OBJTOOL", "STACK_VALIDATION"):  # renamed in 5.19
        needed.append((build, Path("tools/objtool/objtool")))
    missing = [folder / name for folder, name in needed if not (folder / name).is_file()]
    if KernelVersion.parse(release) >= _SCRIPT_SINCE and not _has_script(build):
        missing.append(build / "scripts/module.lds")
    if not missing:
        return
    raise KernelError(
        f"the kernel tree {build} is incomplete: {missing[0]} is missing"
        + (f", and {len(missing) - 1} more" if len(missing) > 1 else ""),
        hint=_dangling(missing[0], build) or who_has(build, source, release, "modules_prepare"),
    )


def check_exports(tree: KernelTree) -> None:
    """Refuse a kernel whose exported symbols are not known: modpost then knows of none.

    Raises:
        KernelError: there is no Module.symvers, or not the kernel's own symbols are in it.
    """
    crcs = tree.config.on("MODVERSIONS")
    what = symvers.useless(tree.symvers, with_crcs=crcs) if tree.symvers else "is missing"
    if not what:
        return
    path = tree.build / "Module.symvers"
    hint = who_has(tree.build, tree.source, tree.release, "")
    if (tree.source / _OF_A_SOURCE).is_file():
        # Documentation/kbuild/modules.rst, the same from 5.4 to 7.2
        hint += "\n(`make modules_prepare` does not write it)"
    if tree.origin is Origin.FETCHED:
        hint = f"`rkmbuild kernel remove {tree.release}`, then fetch it again"
    if tree.origin is Origin.BUILT:
        hint = f"`rkmbuild kernel remove {tree.release}`, then build it again"
    raise KernelError(
        f"{path} {what}: it says which symbols {tree.release} exports, and without that every "
        "symbol is unknown",
        hint=hint,
    )


def who_has(build: Path, source: Path, release: str, goal: str) -> str:
    """Return what gives the parts that a tree lacks: a command, or the name of a package.

    Args:
        build: The objtree.
        source: The srctree.
        release: What `uname -r` says under it.
        goal: What make has to be asked for in a source of one's own; all where empty.
    """
    if (source / _OF_A_SOURCE).is_file():
        output = "" if build == source else f" O={build}"
        return f"run `make -C {source}{output}{f' {goal}' if goal else ''}`"
    words = wsl.source_of(release)
    if words:
        return words
    again = f"install the headers of {release} again"
    command = distribution.headers_command(release)
    return f"{again}: they are in what `{command}` installs" if command else again


def _has_script(build: Path) -> bool:
    return (build / "scripts/module.lds").is_file() or any(build.glob("arch/*/module.lds"))


def _dangling(missing: Path, build: Path) -> str | None:
    links = (p for p in (missing, *missing.parents) if p.is_symlink())
    for link in links:
        if link.is_relative_to(build.parent) and not link.exists():
            return f"{link} points to {link.readlink()}: install or unpack that too"
    return None
