"""How modules of the upstream API are linked for a kernel, as far as its tree alone tells."""

from typing import NamedTuple

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import rustc_probe, static_tools, toolchain
from rkmbuild.pipeline.api.upstream.sidecar import Way
from rkmbuild.toolchain.parts import Rust


class Outlook(NamedTuple):
    """How they are linked.

    Attributes:
        way: The way.
        because: Why so, in words that can be followed by others.
    """

    way: Way
    because: str

    @property
    def why(self) -> str:
        """Why so, in words."""
        along = ", so that modules bring along what they use of its source's"
        return self.because + (along if self.way is Way.STATIC else "")


def of(tree: KernelTree, *, link: Way | None = None, rustc: Rust | None = None) -> Outlook:
    """Return how they are linked, before all is made that this takes.

    Args:
        tree: The kernel.
        link: The way that is asked for.
        rustc: The compiler that is asked for.

    Raises:
        KernelError: there is no way, or not the one asked for; or Module.symvers cannot be read.
    """
    told = _of(tree, asked=link is Way.STATIC, rustc=rustc)
    if link is Way.OWN and told.way is not link:
        raise KernelError(
            f"modules cannot be linked to {tree.release}'s own Rust: {told.because}",
            hint="without `--link own` they bring along what they use of the source's",
        )
    if told.way is Way.STATIC:
        static_tools.takes(tree)
    return told


def _of(tree: KernelTree, *, asked: bool, rustc: Rust | None) -> Outlook:
    if not tree.symvers:
        raise KernelError(f"{tree.release} has no Module.symvers, which says what it exports")
    if not tree.config.on("RUST"):
        return Outlook(Way.STATIC, f"{tree.release} was built without Rust (CONFIG_RUST)")
    symbols = symvers.load(tree.symvers)
    core = rustc_probe.demanded(symbols)
    if core is None:
        because = f"{tree.release} has Rust (CONFIG_RUST), and exports none of its symbols"
        return Outlook(Way.STATIC, because)
    text = tree.config.get("RUSTC_VERSION_TEXT", "a rustc that it does not name")
    has = f"{tree.release} exports its own Rust, made by {text}"
    if asked:
        return Outlook(Way.STATIC, f"{has}, and was not to be linked to")
    if rustc and not toolchain.fits(rustc.rustc, core):
        return Outlook(Way.STATIC, f"{has}, and another rustc was asked for")
    return Outlook(Way.OWN, has)
