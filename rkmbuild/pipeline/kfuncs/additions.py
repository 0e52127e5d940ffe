"""What is added to a module that was linked, where BPF programs may call functions of its."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache
from rkmbuild.base.errors import BuildError, KernelError
from rkmbuild.base.suggest import did_you_mean
from rkmbuild.kernel.btf import base
from rkmbuild.kernel.btf.base import Base
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.ko import kfuncs
from rkmbuild.pipeline.kfuncs import btf_writer, records, sets
from rkmbuild.pipeline.kfuncs.btf_writer import BaseTypes
from rkmbuild.pipeline.kfuncs.records import Records

_CONFIG = "DEBUG_INFO_BTF_MODULES"
# From this version on the kernel takes a base of a module's own, and looks its types up by name:
# btf_parse_module of kernel/bpf/btf.c, commit 8646db238997 ("libbpf,bpf: Share BTF relocate-related
# code with kernel").
_OWN_BASE = KernelVersion(6, 11)


@dataclass(frozen=True)
class Additions:
    """What is added.

    Attributes:
        arguments: What objcopy is told.
        inputs: The files that it was made of, beside those of the module.
    """

    arguments: tuple[str, ...]
    inputs: frozenset[Path]


def make(rust: bytes, made: Path, tree: KernelTree) -> Additions:
    """Make what is added to a module.

    Args:
        rust: The section of the Rust object that says which functions there are.
        made: The module, as it was linked.
        tree: The kernel.

    Raises:
        KernelError: the kernel cannot have such modules, or its types were not found.
        BuildError: what the module says does not fit.
    """
    said = records.parse(rust)
    if not tree.config.on(_CONFIG):
        raise KernelError(
            f"{tree.release} takes no functions for BPF programs from modules: CONFIG_{_CONFIG} "
            "is not set",
            hint="choose another kernel with --kernel, or leave out what has #[bpf_kfunc]",
        )
    contents = {}
    found = base.get(tree) if tree.version < _OWN_BASE or said.structures() else None
    structures = _structures(said, found, tree) if found else {}
    if found and tree.version < _OWN_BASE:
        numbers = {name: number for name, (number, _) in structures.items()}
        on = BaseTypes(found.types, found.strings, numbers)
    else:
        sizes = {name: size for name, (_, size) in structures.items()}
        contents[kfuncs.BASE], on = btf_writer.base(sizes)
    contents[kfuncs.BTF], functions = btf_writer.split(said, on)
    contents[kfuncs.IDS] = sets.numbered(made.read_bytes(), functions)
    inputs = frozenset((found.file,)) if found else frozenset()
    return Additions(tuple(_arguments(contents, made.parent)), inputs)


def _structures(said: Records, found: Base, tree: KernelTree) -> dict[str, tuple[int, int]]:
    """Return number and size of each structure of the kernel's that the functions pass.

    Raises:
        BuildError: the kernel has none of a name, or cannot tell two of them apart.
    """
    made = {}
    for name in said.structures():
        those = found.structs.get(name, [])
        if not those:
            raise BuildError(
                f"{tree.release} has no structure {name}, which a function for BPF programs passes",
                hint=did_you_mean(name, found.structs),
            )
        made[name] = those[0]
        alike = [size for _, size in those].count(those[0][1])
        if tree.version >= _OWN_BASE and alike > 1:
            # btf_relocate_map_distilled_base: "multiple candidates of the same size"
            raise BuildError(
                f"{tree.release} has {alike} structures {name} of one size, and could not tell "
                "which of them a function for BPF programs passes"
            )
    return made


def _arguments(contents: dict[str, bytes], folder: Path) -> Iterator[str]:
    """Write the contents of sections, and give objcopy's arguments that put them into a module."""
    with cache.writing(folder):
        for name, content in contents.items():
            file = folder / f"rkmbuild{name}"
            file.write_bytes(content)
            yield f"--{'update' if name == kfuncs.IDS else 'add'}-section={name}={file}"
