"""What is judged of a module where no kernel is at hand: what its own file tells of one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.arch.arch import Arch
from rkmbuild.base.errors import KernelError, NotAModuleError
from rkmbuild.kernel.tree import Kconfig, KernelVersion
from rkmbuild.ko import modinfo
from rkmbuild.ko.modinfo import Modinfo
from rkmbuild.verdict import check, compared
from rkmbuild.verdict.findings import Verdict
from rkmbuild.verdict.target import Target

# Both architectures' kernels have it whatever else they are (arch/Kconfig).
_ALWAYS = {"STRICT_MODULE_RWX": "y"}
# include/linux/vermagic.h
_OPTIONS = {
    "SMP": "SMP",
    "preempt": "PREEMPT_BUILD",
    "preempt_rt": "PREEMPT_RT",
    "mod_unload": "MODULE_UNLOAD",
    "modversions": "MODVERSIONS",
}


def judge(paths: Sequence[Path]) -> Iterator[Verdict]:
    """Give the verdict on each file, as far as it can be had without a kernel.

    Raises:
        NotAModuleError: a file cannot be read or unpacked.
        KernelError: modules of its architecture cannot be judged yet.
        ToolchainError: it is packed with zstd, and there is no `zstd` command.
    """
    for path in paths:
        yield check.judge_file(path, target(path), explain=len(paths) < 2)


def target(ko: Path) -> Target:
    """Return a kernel of which nothing is known but what a module says that was built for it.

    Raises:
        KernelError: modules of its architecture cannot be judged yet.
    """
    module = _read(ko)
    words = module.vermagic.split() if module else []
    try:
        version = KernelVersion.parse(words[0]) if words else compared.NEWEST
    except ValueError:
        version = compared.NEWEST
    options = {_OPTIONS[word]: "y" for word in words if word in _OPTIONS}
    return Target(
        arch=_arch(module),
        release="",
        version=version,
        config=Kconfig(_ALWAYS | options),
        vermagic=module.field("vermagic") if module else "",
        exports={},
        knows_exports=False,
        struct_module=None,
        taken=frozenset(),
        signed_by=None,
        modules=None,
        flags_exports=(version.major, version.minor) >= (7, 1),
        at_hand=False,
    )


def _read(ko: Path) -> Modinfo | None:
    try:
        return modinfo.read(ko)
    except NotAModuleError:
        return None  # the verdict says what it is


def _arch(module: Modinfo | None) -> Arch:
    if not module:
        return architectures.host()
    known = next((arch for arch in architectures.ALL if arch.names.uname == module.machine), None)
    if not known or not known.complete:
        names = ", ".join(map(str, architectures.complete()))
        raise KernelError(
            f"modules for {module.machine} cannot be judged: only {names} is known so far"
        )
    return known
