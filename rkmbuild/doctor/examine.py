"""The whole examination, in the order of the table."""

from rkmbuild.doctor import host, kernels, tools
from rkmbuild.doctor.table import Check
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import foreign_cc
from rkmbuild.toolchain import cc


def repairable(
    *, develop: bool = False, toolchain: str | None = None
) -> tuple[list[KernelTree], list[Check]]:
    """Check what a command can repair, the toolchain and the kernels; the kernels come along.

    Args:
        develop: Also check what this project's own tests need.
        toolchain: The Rust toolchain asked for.
    """
    trees, found = kernels.kernels()
    oldest = max([cc.OLDEST_CLANG, *map(foreign_cc.least_clang, trees)])
    parts_found = tools.toolchain(trees, oldest, develop=develop, toolchain=toolchain)
    return trees, [*parts_found, *found]


def beyond(trees: list[KernelTree]) -> list[Check]:
    """Check what no command can repair: this machine's virtualisation and its running kernel."""
    return [kernels.virtualisation(trees), *host.host()]
