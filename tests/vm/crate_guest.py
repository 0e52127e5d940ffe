"""Modules under tests/modules, built and run in a guest."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rkmbuild.guest import boot, initramfs
from rkmbuild.guest.result import GuestResult
from rkmbuild.kernel.tree import KernelTree, Origin
from tests.cli import complaints, rkmbuild

MODULES = Path(__file__).parents[1] / "modules"


def spec(tree: KernelTree) -> str:
    """Return what `--kernel` is told for a kernel: its release, or where it lies."""
    return str(tree.build) if tree.origin is Origin.PATH else tree.release


def build(root: Path, tree: KernelTree, *options: str) -> Path:
    """Build a module without a warning, and return it."""
    built = rkmbuild("build", root, "--kernel", spec(tree), "--json", *options)
    assert built.returncode == 0, built.stderr
    assert not complaints(built.stderr), built.stderr
    return Path(json.loads(built.stdout)["module"])


def run(
    tree: KernelTree,
    modules: Mapping[str, Path],
    script: Sequence[str],
    *,
    files: Mapping[str, initramfs.Content] | None = None,
    append: str = "",
    cpus: int = 1,
) -> GuestResult:
    """Boot a guest with modules, as /<name>.ko, and run a script."""
    placed: dict[str, initramfs.Content] = {f"{name}.ko": path for name, path in modules.items()}
    return boot.boot(
        tree, files=placed | dict(files or {}), script=script, append=append, cpus=cpus
    )


# What a kernel says when its clock settles, or is found not to: a second or two after the start,
# whatever runs then (kernel/time/clocksource.c, arch/x86/kernel/tsc.c, kernel/sched/clock.c).
CLOCK = ("clocksource: ", "tsc: ", "TSC found unstable", "sched_clock: ")


def texts(result: GuestResult, *steps: int) -> list[str]:
    """What the kernel printed during these commands, but for what is about its clock."""
    said = [message.text for message in result.printed(*steps)]
    return [text for text in said if not text.startswith(CLOCK)]
