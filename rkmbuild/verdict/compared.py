"""Which kernels the rules were compared with, and what to say of one that is newer."""

from rkmbuild.kernel.tree import KernelVersion

NEWEST = KernelVersion(7, 3)
"""The newest series that was compared: its source was read for each rule, and booted kernels of it
are asked for their own answer (tests/vm/test_check_corpus.py)."""


def is_newer(version: KernelVersion) -> bool:
    """Tell whether a kernel is of a later series than those that the rules were compared with."""
    return (version.major, version.minor) > (NEWEST.major, NEWEST.minor)


def remark(release: str, version: KernelVersion) -> str | None:
    """Return what to say of the verdicts for a kernel, or None where there is nothing to say."""
    if not is_newer(version):
        return None
    return (
        f"the rules were compared with kernels up to {NEWEST.major}.{NEWEST.minor}, and {release} "
        "is newer: it may refuse what they let pass, or take what they refuse"
    )
