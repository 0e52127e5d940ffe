"""WSL2's kernels: no distribution has packages of them, and their source is Microsoft's."""

import re

_RELEASE = re.compile(r"(\d+\.\d+)(?:\.\d+)*-microsoft-standard-WSL2")
_REPOSITORY = "github.com/microsoft/WSL2-Linux-Kernel"
# The configuration of PCs, as the README there says to build it.
_CONFIGURATION = "Microsoft/config-wsl"


def source_of(release: str) -> str | None:
    """Return where the source of a WSL2 kernel is and how it is built, or None for another kernel.

    Args:
        release: What `uname -r` says: `6.6.87.2-microsoft-standard-WSL2`.
    """
    found = _RELEASE.search(release)
    if not found:
        return None
    tag = f"linux-msft-wsl-{release.partition('-')[0]}"
    return (
        f"there are no packages of WSL2's kernels; the source is {_REPOSITORY}, tag {tag}\n"
        f"there, `make KCONFIG_CONFIG={_CONFIGURATION} LOCALVERSION= -j4` makes all that modules "
        "need,\nand `rkmbuild kernel add PATH` remembers the folder"
    )
