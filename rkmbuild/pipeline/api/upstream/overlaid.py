"""A kernel's tree as kbuild builds modules in Rust on it, by the kernel's own rules.

`$(obj)/%.o: $(obj)/%.rs` (scripts/Makefile.build, 6.1 to 7.3) wants the crates of the kernel's own
build in `$(objtree)/rust` and its target in `$(objtree)/scripts/target.json`, and no package brings
them: they are the sidecar, and here it lies over the objtree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.kernel import overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler, foreign_cc, gcc_plugins, target_kernel
from rkmbuild.pipeline.api.upstream import sidecar as sidecars
from rkmbuild.pipeline.api.upstream import static_rustc
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from rkmbuild.toolchain.parts import CCompiler


@dataclass(frozen=True, kw_only=True)
class Overlaid:
    """What `make` is given to build a module on a kernel.

    Attributes:
        tree: The kernel.
        objtree: The overlay's objtree, for `make -C`.
        variables: Variables of make.
        compiler: The C compiler.
        why: Why that one, in words.
        sidecar: What lies over the objtree; None where C alone is built.
    """

    tree: KernelTree
    objtree: Path
    variables: Mapping[str, str]
    compiler: CCompiler
    why: str
    sidecar: Sidecar | None

    def settings(self) -> list[str]:
        """Return the variables as arguments of make."""
        return [f"{name}={value}" for name, value in self.variables.items()]

    def command(self, folder: Path, *more: str, targets: Sequence[str] = ("modules",)) -> list[str]:
        """Return the command that builds what the Kbuild or Makefile of a folder names.

        Args:
            folder: The folder, which kbuild writes to unless `more` has an `MO=`.
            more: More arguments of make.
            targets: What is made.
        """
        return ["make", "-C", str(self.objtree), f"M={folder}", *self.settings(), *more, *targets]


def of(tree: KernelTree, *, rust: bool = True, compiler: str = "auto") -> Overlaid:
    """Return what builds modules on a kernel; its sidecar is made where the cache lacks it.

    Args:
        tree: The kernel.
        rust: Whether there is Rust to build; C alone is built on any kernel.
        compiler: Which C compiler: `auto`, `gcc` or `clang`.

    Raises:
        KernelError, ToolchainError, StorageError: as for `prepare`.
        FetchError, BuildError: the sidecar cannot be made.
    """
    return prepare(tree, sidecars.get(tree) if rust else None, compiler=compiler)


def prepare(tree: KernelTree, sidecar: Sidecar | None, *, compiler: str = "auto") -> Overlaid:
    """Lay a sidecar over a kernel's objtree, in the cache: kbuild's own rules then work on it.

    Args:
        tree: The kernel. Nothing is written to its folders.
        sidecar: Its crates; without one modules in C alone can be built.
        compiler: Which C compiler: `auto`, `gcc` or `clang`.

    Raises:
        KernelError: the tree lacks something.
        ToolchainError: there is no C compiler for this kernel.
        StorageError: the cache cannot be written, or lies where kbuild cannot work.
    """
    target_kernel.check(tree)
    chosen = c_compiler.choose(compiler, tree)
    gcc_plugins.check(chosen.compiler, tree)
    over = sidecar.objtree if sidecar else None
    shadow = overlay.prepare(tree, foreign_compiler=chosen.foreign, over=over)
    variables = target_kernel.common_variables(tree.config)
    if chosen.foreign:
        answers, _ = foreign_cc.variables(shadow, chosen.compiler, variables)
        variables |= answers
    else:
        variables["CC"] = str(chosen.compiler.path)
        variables |= target_kernel.answers(chosen.compiler, tree)
    if sidecar:
        # The only one that reads the sidecar's metadata: `RUSTC = rustc` otherwise (Makefile).
        own = sidecar.way is Way.OWN
        variables["RUSTC"] = str(sidecar.rust.rustc if own else static_rustc.script(sidecar))
        # Some run bindgen from their Kbuild; the machine's own may be older than the source takes.
        bindgen = sidecar.rust.rustc.with_name("bindgen")
        if bindgen.is_file():
            variables["BINDGEN"] = str(bindgen)
    return Overlaid(
        tree=tree,
        objtree=shadow.build,
        variables=variables,
        compiler=chosen.compiler,
        why=chosen.why,
        sidecar=sidecar,
    )
