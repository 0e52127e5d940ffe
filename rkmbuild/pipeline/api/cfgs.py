"""What rustc is told of the kernel: cfgs for its release and its options."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.pipeline.api import facts

# Linux 5.19 was followed by 6.0 and 6.19 by 7.0; the last series is open.
_SERIES = ((6, range(1, 20)), (7, range(30)))


def of_kernel(tree: KernelTree, mentioned: Iterable[str]) -> str:
    """Return arguments of rustc, one a line, that say what kernel this is.

    `kernel_6_12` means "this release or later". An option of the kernel is there as `CONFIG_X`
    and with its value, as in Rust for Linux. All that could be asked is declared, so that rustc
    finds nothing unexpected: every release, every option that this kernel sets, and all others that
    are `mentioned`.
    """
    # As kbuild says of what is not built into the kernel.
    # `kernel_test` is set by a build for tests alone.
    lines = ["--check-cfg=cfg(MODULE)", "--cfg=MODULE", "--check-cfg=cfg(kernel_test)"]
    for major, minors in _SERIES:
        for minor in minors:
            name = f"kernel_{major}_{minor}"
            lines.append(f"--check-cfg=cfg({name})")
            if KernelVersion(major, minor) <= tree.version:
                lines.append(f"--cfg={name}")
    lines += [f"--check-cfg=cfg({kind}, values(any()))" for kind in facts.KINDS]
    names = {*mentioned, *(f"CONFIG_{option}" for option in tree.config)}
    lines += map(_declared, sorted(names))
    for option, value in sorted(tree.config.items()):
        if value in ("y", "m"):
            lines += [f"--cfg=CONFIG_{option}", f'--cfg=CONFIG_{option}="{value}"']
    return "\n".join(lines) + "\n"


def asked(names: Iterable[str], has: Collection[str]) -> str:
    """Return arguments of rustc, one a line, that say what was asked of the kernel.

    `kernel_has = "x"` is set where the answer is yes; a name that nobody asks is none that rustc
    knows.
    """
    values = ", ".join(f'"{name}"' for name in names)
    lines = [f"--check-cfg=cfg(kernel_has, values({values}))"]
    lines += [f'--cfg=kernel_has="{name}"' for name in sorted(has)]
    return "\n".join(lines) + "\n"


def mentioned_in(sources: Iterable[Path]) -> frozenset[str]:
    """Return the names of kernel options that Rust sources mention."""
    found: set[str] = set()
    for source in sources:
        found.update(re.findall(r"\bCONFIG_[A-Z0-9_]+", source.read_text(errors="replace")))
    return frozenset(found)


def lacking(tree: KernelTree, sources: Iterable[Path]) -> str:
    """Return declarations for the options that a project mentions and this kernel lacks."""
    options = (name.removeprefix("CONFIG_") for name in mentioned_in(sources))
    names = sorted(f"CONFIG_{option}" for option in options if option not in tree.config)
    return "".join(f"{_declared(name)}\n" for name in names)


def _declared(name: str) -> str:
    return f'--check-cfg=cfg({name}, values(none(), "y", "m"))'
