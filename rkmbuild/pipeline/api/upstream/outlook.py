"""How modules of the upstream API are linked for a kernel, as far as its tree alone tells."""

from typing import NamedTuple

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import rustc_probe, static_tools
from rkmbuild.pipeline.api.upstream.sidecar import Way


class Outlook(NamedTuple):
    """How they are linked.

    Attributes:
        way: The way.
        why: Why so, in words.
    """

    way: Way
    why: str


def of(tree: KernelTree) -> Outlook:
    """Return how they are linked, before all is made that this takes.

    Raises:
        KernelError: there is no way, or Module.symvers cannot be read.
    """
    if not tree.symvers:
        raise KernelError(f"{tree.release} has no Module.symvers, which says what it exports")
    if not tree.config.on("RUST"):
        static_tools.takes(tree)
        return Outlook(
            Way.STATIC,
            f"{tree.release} was built without Rust (CONFIG_RUST), so that modules bring along "
            "what they use of its source's",
        )
    symbols = symvers.load(tree.symvers)
    if rustc_probe.demanded(symbols) is None:
        raise KernelError(
            f"{tree.release} has Rust (CONFIG_RUST), and exports none of its symbols",
            hint="the portable API is there for every kernel: leave out `api` in Cargo.toml",
        )
    text = tree.config.get("RUSTC_VERSION_TEXT", "a rustc that it does not name")
    return Outlook(Way.OWN, f"{tree.release} exports its own Rust, made by {text}")
