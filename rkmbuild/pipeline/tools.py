"""The tools that a build takes, chosen before anything is built."""

from dataclasses import dataclass
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler
from rkmbuild.toolchain import bindgen as bindgens
from rkmbuild.toolchain import binutils, programs, rust_facts
from rkmbuild.toolchain.parts import Bindgen, CCompiler, Rust, Tool


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a module is built with.

    Attributes:
        rust: rustc and cargo.
        facts: What they can do.
        bindgen: bindgen and its libclang.
        compiler: The C compiler.
        foreign: Whether that is of another kind than the one that built the kernel.
        why: Why this C compiler, in words.
        objcopy: What splits off the debug information.
        cbindgen: What makes a header of Rust, or None where none is wanted.
    """

    rust: Rust
    facts: rust_facts.RustFacts
    bindgen: Bindgen
    compiler: CCompiler
    foreign: bool
    why: str
    objcopy: Tool
    cbindgen: Tool | None

    def files(self) -> tuple[Path, ...]:
        """Return the programs and libraries whose change makes a new build necessary."""
        return (
            self.rust.rustc, self.rust.cargo, self.bindgen.path, self.bindgen.libclang,
            self.compiler.path, self.objcopy.path,
            *([self.cbindgen.path] if self.cbindgen else []),
        )  # fmt: skip


def choose_tools(rust: Rust, tree: KernelTree, *, compiler: str, with_cbindgen: bool) -> Tools:
    """Return the tools that go with a Rust toolchain, for one kernel.

    Args:
        compiler: `auto`, `gcc` or `clang`.
        with_cbindgen: Whether the project wants a header made of its Rust.

    Raises:
        ToolchainError: one is missing, or none of a kind can build for this kernel.
    """
    bindgen, _ = bindgens.choose()
    facts = rust_facts.facts(rust, tree.arch)
    chosen = c_compiler.choose(compiler, tree)
    return Tools(
        rust=rust,
        facts=facts,
        bindgen=bindgen,
        compiler=chosen.compiler,
        foreign=chosen.foreign,
        why=chosen.why,
        objcopy=binutils.objcopy(),
        cbindgen=programs.require("cbindgen", part="cbindgen") if with_cbindgen else None,
    )
