"""Builds the upstream crate for a kernel without Rust, with all that modules bring along of it.

The kernel's rules for `rust/` are run as for a kernel with Rust (`own`), on its headers with what
its configuration would say had it been built with CONFIG_RUST. What vmlinux would have beside it,
the objects of the crates and of their C helpers, goes into archives that modules are linked with.
"""

import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import console, paths, process
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import kconfig
from rkmbuild.pipeline.api.upstream import configuration, differences, layouts, linked, own
from rkmbuild.pipeline.api.upstream.own import Build
from rkmbuild.pipeline.stages import side_by_side

CFGS = "include/generated/rustc_cfg"
# 6.12 has no `pin_init` and no `zerocopy`.
_CRATES = (
    *("core", "compiler_builtins", "ffi", "zerocopy", "bindings", "uapi", "kernel", "pin_init"),
)
# Of the crate's helpers, each file becomes an object of its own: of rust/helpers/helpers.c, which
# includes them all, modules would bring everything.
_INCLUDED = re.compile(r'#include "([\w/-]+)\.c"')
_HELPER = "helper_"
# What stands in for what such a kernel lacks: printing is called by the crates, the others by the
# helpers, where the kernel does not export the function of that name, and it is one in this header.
_PRINTING = ("printk", "dev_printk", "seq_printf")
_STAND_INS = {"vrealloc_noprof": "include/linux/vmalloc.h"}
# What core has for speed is more than a module's messages are worth, and so are checks of its own
# arithmetic: rust_minimal of 6.12 is 51 KB with them and 40 without.
_SMALL = '-Copt-level=s -Coverflow-checks=n --cfg=feature=\\"optimize_for_size\\"'
_KEPT = (*own.KEPT, differences.FILE.name, linked.CRATES, linked.HELPERS, linked.SECTIONS)
_KBUILD = """\
ours := {ours}
helpers := {helpers}
always-y += $(ours) $(helpers)
# `__rust_helper`: what rust/helpers/helpers.c of 7.3 defines for the files that it includes.
ccflags-y += -DMODULE -ffunction-sections -D__rust_helper= -I{folder}
# These are called by Rust alone: nothing to trace, and no table that would keep what is not used.
ccflags-remove-y += $(CC_FLAGS_FTRACE)
# As rust/Makefile has it for helpers.o: they have no prototypes.
$(foreach each,$(helpers),$(eval CFLAGS_REMOVE_$(each) := -Wmissing-prototypes \
-Wmissing-declarations))
"""


class _Parts(NamedTuple):
    """What there is in C: files of ours, and the source's helpers, by what includes each."""

    printing: tuple[str, ...]
    stand_ins: tuple[str, ...]
    helpers: Mapping[str, str]


def make(build: Build, exported: Collection[str], folder: Path) -> None:
    """Build it, and keep what modules need of it.

    Args:
        build: What to build.
        exported: The symbols that the kernel exports.
        folder: Where the folder `objtree` of the sidecar is to lie.

    Raises:
        KernelError: the source has no Rust for this kernel, or other structures.
        ToolchainError: a tool is missing.
        BuildError: it does not compile.
        StorageError: there is no space for it.
    """
    own.lay_out(build)
    said = configuration.options(
        build.source.folder, build.tools.rust, has_rust=build.tree.config.on("RUST")
    )
    _configure(build, said)
    own.write_target(build)
    parts = _Parts(
        printing=_PRINTING,
        stand_ins=tuple(_stand_ins(build.source.folder, exported)),
        helpers=helpers(build.source.folder),
    )
    _lay_out_c(build, parts)
    with console.step("Building", f"Rust for {build.tree.release}, which takes a minute"):
        _, types = side_by_side(
            functools.partial(own.compile_all, build),
            functools.partial(layouts.of_kernel, build.tree),
        )
    own.check_layouts(build, types)
    _archive(build, parts)
    place = folder / "objtree"
    own.keep(build, place, _KEPT)
    for name in (kconfig.AUTO_CONF, CFGS):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (build.objtree / name).rename(place / name)


def variables() -> dict[str, str]:
    """Return the variables of make for such a build."""
    return {"RUSTFLAGS_KERNEL": linked.FLAGS, "RUSTFLAGS_core.o": _SMALL}


def _configure(build: Build, said: Mapping[str, str]) -> None:
    """Put what is configured anew in the place of what the kernel has."""
    real = build.tree.build
    for name, change in (
        (kconfig.AUTO_CONF, configuration.auto_conf),
        (CFGS, configuration.rustc_cfg),
    ):
        try:
            text = (real / name).read_text()
        except OSError as error:
            raise KernelError(
                f"the tree of {build.tree.release} is incomplete: {error}",
                hint="install the headers of this kernel again, or fetch it: rkmbuild kernel fetch",
            ) from None
        _replace(build.objtree, Path(name), change(text, said))


def _replace(root: Path, name: Path, text: str) -> None:
    """Write a file into a folder of links, and leave alone what these lead to."""
    for parent in reversed(name.parents[:-1]):
        folder = root / parent
        if folder.is_symlink():
            real = folder.resolve()
            folder.unlink()
            folder.mkdir()
            for each in real.iterdir():
                (folder / each.name).symlink_to(each)
    (root / name).unlink()
    (root / name).write_text(text)


def helpers(source: Path) -> dict[str, str]:
    """Return what includes each file of the helpers' alone, as rust/helpers/helpers.c includes it.

    Before it come the headers of those before it: some of 7.3 take them for granted.

    Args:
        source: The kernel's source.

    Raises:
        KernelError: it has none.
    """
    folder = source / "rust/helpers"
    conditions: list[str] = []
    headers: dict[str, None] = {}
    made = {}
    for line in (folder / "helpers.c").read_text().splitlines():
        found = _INCLUDED.fullmatch(line)
        if found:
            file = folder / f"{found[1]}.c"
            lines = [*headers, *conditions, f'#include "{file}"', *("#endif" for _ in conditions)]
            made[re.sub(r"\W", "_", found[1])] = "".join(f"{each}\n" for each in lines)
            headers |= dict.fromkeys(_headers(file.read_text()))
        elif line.startswith("#if"):
            conditions.append(line)
        elif line.startswith("#endif"):
            conditions.pop()
    if not made:
        raise KernelError(f"{folder}/helpers.c includes no helpers")
    return made


def _headers(text: str) -> Iterator[str]:
    """Give the lines of a C file that include a header under no condition."""
    depth = 0
    for line in text.splitlines():
        depth += line.startswith("#if") - line.startswith("#endif")
        if not depth and line.startswith("#include <"):
            yield line


def _stand_ins(source: Path, exported: Collection[str]) -> Iterator[str]:
    for name, header in _STAND_INS.items():
        # 7.3 has a macro of that name, for a function that it exports.
        macro = re.search(rf"^#define {name}\(", (source / header).read_text(), re.MULTILINE)
        if name not in exported and not macro:
            yield name


def _lay_out_c(build: Build, parts: _Parts) -> None:
    ours = paths.data("templates") / "upstream"
    for name in (*parts.printing, *parts.stand_ins):
        (build.modules / f"{name}.c").write_text(f'#include "{ours / name}.c"\n')
    for name, text in parts.helpers.items():
        (build.modules / f"{_HELPER}{name}.c").write_text(text)
    text = _KBUILD.format(
        ours=" ".join(f"{name}.o" for name in (*parts.printing, *parts.stand_ins)),
        helpers=" ".join(f"{_HELPER}{name}.o" for name in parts.helpers),
        folder=ours,
    )
    with (build.modules / "Kbuild").open("a") as kbuild:
        kbuild.write(text)


def _archive(build: Build, parts: _Parts) -> None:
    """Make the archives, without debug information: it would be most of each module."""
    rust, c = build.objtree / "rust", build.modules
    crates = [
        *(file for name in _CRATES if (file := rust / f"{name}.o").is_file()),
        *(c / f"{name}.o" for name in parts.printing),
    ]
    in_c = [
        *(c / f"{_HELPER}{name}.o" for name in parts.helpers),
        *(c / f"{name}.o" for name in parts.stand_ins),
    ]
    for file in (*crates, *in_c):
        process.run(
            ["objcopy", "--strip-debug", "--remove-section=.comment", file],
            doing="stripping the crate's objects",
        )
    for name, objects in ((linked.CRATES, crates), (linked.HELPERS, in_c)):
        process.run(["ar", "rcsD", rust / name, *objects], doing="archiving the crate's objects")
    made = [linked.Object(file) for file in crates]
    config = build.tree.config
    left_out = [
        *([] if config.on("FTRACE_MCOUNT_USE_PATCHABLE_FUNCTION_ENTRY") else [linked.PATCHABLE]),
        *(linked.SANITIZED if config.on("KASAN") else []),
    ]
    kept = {name for each in made for name in each.kept if not linked.is_one(name, left_out)}
    sections = {
        "kept": sorted(kept),
        "of": sorted({name for each in made for name in each.spoken_of(kept)}),
        "of_helpers": sorted({name for file in in_c for name in linked.Object(file).kept}),
        "left_out": left_out,
    }
    (rust / linked.SECTIONS).write_text(json.dumps(sections) + "\n")
