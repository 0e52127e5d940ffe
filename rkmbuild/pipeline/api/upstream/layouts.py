"""Whether the structures of upstream's bindings are those of the kernel: by its own BTF.

bindgen read headers; pahole wrote BTF from what the kernel's compiler said of the very build. Each
structure that both describe has the same size, the same fields at the same places, and rustc, asked
last, lays the metadata's own out in that way.
"""

import contextlib
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from rkmbuild.base import cache, process
from rkmbuild.base.errors import KernelError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.kernel.btf import base
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import differences
from rkmbuild.pipeline.api.upstream import source as sources
from rkmbuild.pipeline.api.upstream.source import Source
from rkmbuild.pipeline.layout import assertions, beside_btf, btf_types, rust_text
from rkmbuild.pipeline.layout.beside_btf import Found
from rkmbuild.pipeline.layout.dwarf import Types
from rkmbuild.pipeline.layout.rust_text import Text
from rkmbuild.toolchain.parts import Rust

CRATES = ("bindings", "uapi")
"""The crates that bindgen writes."""
_HEAD = "#![no_std]\n#![allow(warnings)]\n"


def of_kernel(tree: KernelTree) -> Types | None:
    """Return a kernel's types; None for one that is configured to have no BTF.

    Raises:
        KernelError: its BTF was not found, or is damaged.
        ToolchainError, MachineError: the kernel's image could not be unpacked.
    """
    if not tree.config.on("DEBUG_INFO_BTF"):
        return None
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


def check(objtree: Path, tree: KernelTree, rust: Rust, source: Source, kernel: Types | None) -> int:
    """Compare the bindings of a sidecar with the kernel, and return how many structures both have.

    A structure that differs is refused, save where its name or that of a function alone leads to
    it: bindgen is wrong about some that C aligns less than their members (compat_ethtool_rxnfc of
    6.12 to 7.3, compat_siginfo where it has x32), upstream's own build has them so too, and
    no code of the kernel crate knows of them. Those names are written down beside the metadata, and
    `differences.refuse_use` keeps modules from them.

    Args:
        objtree: What was built: `rust/`, `scripts/target.json`.
        tree: The kernel.
        rust: The toolchain that built it.
        source: The source that it was built from.
        kernel: What `of_kernel` gave.

    Returns:
        The number, over all crates; 0 for a kernel that has no BTF.

    Raises:
        KernelError: a structure differs, or there is no BTF, and the source is not of the kernel's
            version.
        BuildError: rustc lays a structure out in another way than the bindings' text says.
    """
    if kernel is None:
        _refuse_unproved(tree, source)
        return 0
    own = words(source)
    differing: dict[str, str] = {}
    number = 0
    with cache.temporary() as work, contextlib.ExitStack() as stack:
        asked = []
        for crate in CRATES:
            text = rust_text.parse((objtree / f"rust/{crate}/{crate}_generated.rs").read_text())
            found = beside_btf.compare(text, kernel)
            alone, wrong = judged(text, found, own)
            for name in wrong:
                raise _refused(name, found.differing[name], tree)
            differing |= {name: _of(alone[name], name, found.differing) for name in alone}
            number += len(found.compared)
            without = found.comparison.pairs.keys() - found.compared | found.differing.keys()
            asking = work / f"{crate}.rs"
            asking.write_text(
                f"{_HEAD}use {crate}::*;\n" + "".join(assertions.of(found.comparison, without))
            )
            # rustc takes as long for one crate as the comparison does for the next one.
            asked.append(stack.enter_context(_asked(objtree, rust, asking)))
        for wait in asked:
            done = wait()
            if done.returncode != 0:
                raise process.failed(done, doing="asking rustc how it lays out the bindings")
    differences.write(objtree, differing)
    return number


def words(source: Source) -> set[str]:
    """Return all words in the Rust of a source."""
    return differences.words(sorted((source.folder / "rust").rglob("*.rs")))


def judged(text: Text, found: Found, own: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Return which names alone lead to what differs, and what more than that does.

    Args:
        text: The bindings.
        found: What differs in them.
        own: All words in the source's own Rust.
    """
    alone = beside_btf.by_name_alone(text, found.differing)
    known = {alone[name] for name in alone if name in own}
    return alone, [name for name in found.differing if name not in alone.keys() - known]


def _of(structure: str, name: str, differing: Mapping[str, str]) -> str:
    """Return what is wrong with a structure, for who writes a name that leads to it."""
    return f"{'' if structure == name else f'{structure}: '}{differing[structure]}"


def _refuse_unproved(tree: KernelTree, source: Source) -> None:
    """Refuse a source of another version where nothing tells how the kernel lays out its types."""
    version = sources.of_headers(tree)
    if source.version != version:
        raise KernelError(
            f"{tree.release} has no BTF (CONFIG_DEBUG_INFO_BTF), and a source of {source.version} "
            f"in place of {version} is taken only where its layouts can be compared with that",
            hint=f"get the source of {version}",
        )


def _refused(name: str, why: str, tree: KernelTree) -> KernelError:
    return KernelError(
        f"{name} of this source is not the one of {tree.release}: {why}",
        hint="modules would read and write the wrong bytes; the source has to be that of the very "
        "kernel",
    )


def _asked(
    objtree: Path, rust: Rust, asking: Path
) -> contextlib.AbstractContextManager[Callable[[], process.Completed]]:
    """Have rustc compile assertions on a crate's metadata; what is given waits for its end."""
    crate = asking.stem
    command = [
        str(rust.rustc), "--edition=2021", f"--target={objtree / 'scripts/target.json'}",
        "--sysroot=/dev/null", "-Zunstable-options", *_flags(objtree, crate),
        f"-L{objtree / 'rust'}", "--extern", crate, "--crate-type=rlib",
        f"--crate-name={crate}_layouts", f"--emit=metadata={asking.with_suffix('.rmeta')}",
        str(asking),
    ]  # fmt: skip
    return process.beside(command, env=tool_environment({"RUSTC_BOOTSTRAP": "1"}))


def _flags(objtree: Path, crate: str) -> Iterator[str]:
    """Yield how the crate was compiled: newer releases of rustc want some of it to be the same."""
    with contextlib.suppress(FileNotFoundError):
        command = (objtree / f"rust/.{crate}.o.cmd").read_text().partition("\n")[0]
        for word in shlex.split(command):
            if word.startswith(("-Z", "-C")) and word != "-Zunstable-options":
                yield word
