"""What is told about a kernel: where its parts are, and the options that change Rust objects."""

from typing import Any, NamedTuple

from rkmbuild.arch import architectures
from rkmbuild.arch.options import Option
from rkmbuild.kernel import fetched_kernel, own_rust, symvers
from rkmbuild.kernel.fetched_kernel import FetchedKernel
from rkmbuild.kernel.tree import KernelTree

# CFI is the name from 6.18 on (arch/Kconfig, commit 23ef9d439769), OBJTOOL the one from 5.19 on
# (lib/Kconfig.debug). Those of the architecture stand between these two.
_FIRST = (
    Option(("RUST",), "the kernel has Rust of its own; not needed to build modules"),
    Option(("RUSTC_VERSION_TEXT",), "the rustc of the kernel's own Rust"),
    Option(("MODVERSIONS",), "imported symbols carry a checksum of their type"),
    Option(("EXTENDED_MODVERSIONS",), "checksums of symbols with names longer than 55 bytes"),
    Option(("MODULE_SIG",), "signatures of modules are checked"),
    Option(("MODULE_SIG_FORCE",), "a module without a valid signature is refused"),
    Option(("MODULE_SIG_HASH",), "digest that signatures are made with"),
    Option(("SECURITY_LOCKDOWN_LSM",), "lockdown, as with Secure Boot, refuses unsigned modules"),
    Option(("MODULE_DECOMPRESS",), "the kernel itself unpacks a compressed module"),
    Option(("MODULE_UNLOAD",), "modules can be unloaded"),
)
_LAST = (
    Option(("CFI", "CFI_CLANG"), "indirect calls check the type of what they call"),
    Option(("SHADOW_CALL_STACK",), "return addresses are kept on a stack of their own"),
    Option(("STACKPROTECTOR",), "a canary guards stack frames"),
    Option(("STACKPROTECTOR_STRONG",), "of every function with an array or a local's address"),
    Option(("FRAME_POINTER",), "functions keep a frame pointer"),
    Option(("UNWINDER_ORC",), "stack traces are made from objtool's ORC tables"),
    Option(("OBJTOOL", "STACK_VALIDATION"), "objtool runs over every object"),
    Option(("FUNCTION_TRACER",), "every function can be traced"),
    Option(("DYNAMIC_FTRACE",), "tracing is patched in while the kernel runs"),
    Option(("KASAN",), "memory accesses are checked"),
    Option(("KCSAN",), "data races are looked for"),
    Option(("KMSAN",), "use of uninitialised memory is looked for"),
    Option(("LTO_CLANG",), "C objects are LLVM bitcode until they are linked"),
    Option(("RANDSTRUCT",), "the layout of structures is randomised"),
    Option(("DEBUG_INFO_BTF",), "the kernel carries its types (BTF)"),
    Option(("DEBUG_INFO_BTF_MODULES",), "modules carry theirs, where vmlinux is at hand"),
    Option(("PREEMPT_RT",), "spinlocks sleep"),
    Option(("TRIM_UNUSED_KSYMS",), "symbols that no in-tree module uses are not exported"),
)


class Fact(NamedTuple):
    """How one option stands.

    Attributes:
        key: Its newest name, the same for every kernel.
        name: The name that this kernel has for it, or the newest one where it is off.
        value: Its value, None where it is not set.
        matter: What it changes.
    """

    key: str
    name: str
    value: str | None
    matter: str


def facts(tree: KernelTree) -> list[Fact]:
    """Return how the options that matter to Rust objects stand in `tree`."""
    found = []
    arch = architectures.find(tree.arch)
    for option in (*_FIRST, *(arch.options if arch else ()), *_LAST):
        name = next((name for name in option.names if name in tree.config), option.names[0])
        found.append(Fact(option.names[0], name, tree.config.get(name), option.matter))
    return found


def summary(tree: KernelTree) -> dict[str, Any]:
    """Return what `rkmbuild kernel list` tells of `tree`, ready for JSON."""
    return {
        "release": tree.release,
        "version": str(tree.version),
        "arch": tree.arch,
        "origin": tree.origin.value,
        "name": tree.name,
        "compiler": {
            "kind": tree.compiler.kind,
            "version": ".".join(map(str, tree.compiler.version)),
            "text": tree.compiler.text,
            "command": tree.compiler.command,
        },
        "config_rust": tree.config.on("RUST"),
        "bootable": tree.image is not None,
        "build": str(tree.build),
    }


def description(tree: KernelTree) -> dict[str, Any]:
    """Return all that `rkmbuild kernel show` tells of `tree`, ready for JSON.

    Raises:
        KernelError: its Module.symvers cannot be read.
    """
    own = own_rust.of(tree)
    manifest = fetched_kernel.of_tree(tree.build)
    return summary(tree) | {
        "source": str(tree.source),
        "symvers": {"path": str(tree.symvers), "symbols": len(symvers.load(tree.symvers))}
        if tree.symvers
        else None,
        "image": str(tree.image) if tree.image else None,
        "system_map": str(tree.system_map) if tree.system_map else None,
        "modules": str(tree.modules) if tree.modules else None,
        "rust_of_its_own": own.document() if own else None,
        "debug_symbols": str(manifest.debug_symbols)
        if manifest and manifest.debug_symbols
        else None,
        "fetched": _got(manifest) if manifest and not manifest.is_built else None,
        "built": _got(manifest) | {"features": list(manifest.features)}
        if manifest and manifest.is_built
        else None,
        "companions": str(tree.companions) if tree.companions else None,
        "config": {fact.key: fact.value for fact in facts(tree)},
    }


def _got(kernel: FetchedKernel) -> dict[str, Any]:
    """Return where a kernel of the cache, or its source, is from."""
    return {
        "source": kernel.source,
        "suite": kernel.suite,
        "date": kernel.date,
        "expired": kernel.expired,
    }
