"""Whether the structures of upstream's bindings are those of the kernel: by its own BTF.

bindgen read headers; pahole wrote BTF from what the kernel's compiler said of the very build. Each
structure that both describe has the same size, the same fields at the same places, and rustc, asked
last, lays the metadata's own out in that way.
"""

import contextlib
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rkmbuild.base import cache, process
from rkmbuild.base.errors import KernelError, ProjectError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.kernel.btf import base
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.layout import assertions, beside_btf, btf_types, rust_text
from rkmbuild.pipeline.layout.dwarf import Types
from rkmbuild.toolchain.parts import Rust

# Which structures differ that neither the kernel crate nor anything else in the bindings mentions.
DIFFERING = Path("rust/layouts.json")
_CRATES = ("bindings", "uapi")
_HEAD = "#![no_std]\n#![allow(warnings)]\n"


def check(objtree: Path, tree: KernelTree, rust: Rust, source: Path) -> int:
    """Compare the bindings of a sidecar with the kernel, and return how many structures both have.

    A structure that differs is refused, save where nothing leads to it: bindgen is wrong about some
    that C aligns less than their members (compat_ethtool_rxnfc of 6.12 to 7.3), upstream's own
    build has them so too, and no code of the kernel crate knows of them. Those are written down
    beside the metadata, and `refuse_use` keeps modules from them.

    Args:
        objtree: What was built: `rust/`, `scripts/target.json`.
        tree: The kernel.
        rust: The toolchain that built it.
        source: The source that it was built from.

    Returns:
        The number, over all crates; 0 for a kernel that is configured to have no BTF.

    Raises:
        KernelError: a structure differs, or the kernel's BTF was not found, or is damaged.
        BuildError: rustc lays a structure out in another way than the bindings' text says.
    """
    if not tree.config.on("DEBUG_INFO_BTF"):
        return 0
    kernel = _types(tree)
    words = _words(sorted((source / "rust").rglob("*.rs")))
    differing: dict[str, str] = {}
    asserted = {}
    number = 0
    for crate in _CRATES:
        text = rust_text.parse((objtree / f"rust/{crate}/{crate}_generated.rs").read_text())
        found = beside_btf.compare(text, kernel)
        alone = beside_btf.unmentioned(text, found.differing) - words
        for name, why in found.differing.items():
            if name not in alone:
                raise _refused(name, why, tree)
        differing |= found.differing
        number += len(found.compared)
        without = found.comparison.pairs.keys() - found.compared | alone
        asserted[crate] = "".join(assertions.of(found.comparison, without))
    _assert(objtree, rust, asserted)
    (objtree / DIFFERING).write_text(json.dumps(differing, indent=2, sort_keys=True) + "\n")
    return number


def refuse_use(objtree: Path, sources: Iterable[Path]) -> None:
    """Refuse a module's sources where they name a structure that is not as the kernel has it.

    Args:
        objtree: A sidecar's.
        sources: All files of the module in Rust.

    Raises:
        ProjectError: one names such a structure.
    """
    with contextlib.suppress(FileNotFoundError):
        differing: dict[str, str] = json.loads((objtree / DIFFERING).read_text())
        for file in sources:
            for name in sorted(_words([file]) & differing.keys()):
                raise ProjectError(
                    f"{file} names {name}, of which the bindings are wrong: {differing[name]}",
                    hint="bindgen cannot express how C lays it out; a function in C can read it",
                )


def _types(tree: KernelTree) -> Types:
    try:
        found = base.contents(tree)
        if found is not None:
            return btf_types.types(found)
    except (OSError, ValueError) as error:
        raise KernelError(f"the types of {tree.release} cannot be read: {error}") from None
    raise KernelError(
        f"the types of {tree.release} (BTF) were not found, which the layouts of its structures "
        "are compared with",
        hint="they are in vmlinux beside the headers and in the kernel's image: `rkmbuild kernel "
        "fetch` gets both, and `rkmbuild kernel add PATH --image FILE` names an image",
    )


def _words(files: Iterable[Path]) -> set[str]:
    return {word for file in files for word in re.findall(r"\w+", file.read_text(errors="replace"))}


def _refused(name: str, why: str, tree: KernelTree) -> KernelError:
    return KernelError(
        f"{name} of this source is not the one of {tree.release}: {why}",
        hint="modules would read and write the wrong bytes; the source has to be that of the very "
        "kernel",
    )


def _assert(objtree: Path, rust: Rust, asserted: Mapping[str, str]) -> None:
    """Have rustc lay the structures out, one process for each crate at once."""
    with cache.temporary() as work, contextlib.ExitStack() as stack:
        env = tool_environment({"RUSTC_BOOTSTRAP": "1"})
        waits = []
        for crate, text in asserted.items():
            asking = work / f"{crate}.rs"
            asking.write_text(f"{_HEAD}use {crate}::*;\n{text}")
            command = [
                str(rust.rustc), "--edition=2021", f"--target={objtree / 'scripts/target.json'}",
                "--sysroot=/dev/null", "-Zunstable-options", *_flags(objtree, crate),
                f"-L{objtree / 'rust'}", "--extern", crate, "--crate-type=rlib",
                f"--crate-name={crate}_layouts", f"--emit=metadata={work / crate}.rmeta",
                str(asking),
            ]  # fmt: skip
            waits.append(stack.enter_context(process.beside(command, env=env)))
        for wait in waits:
            done = wait()
            if done.returncode != 0:
                raise process.failed(done, doing="asking rustc how it lays out the bindings")


def _flags(objtree: Path, crate: str) -> Iterator[str]:
    """Yield how the crate was compiled: newer releases of rustc want some of it to be the same."""
    with contextlib.suppress(FileNotFoundError):
        command = (objtree / f"rust/.{crate}.o.cmd").read_text().partition("\n")[0]
        for word in shlex.split(command):
            if word.startswith(("-Z", "-C")) and word != "-Zunstable-options":
                yield word
