"""What the checker knows of the kernel that a module is judged for."""

import dataclasses
import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.arch.arch import Arch
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import symvers
from rkmbuild.kernel.btf import base
from rkmbuild.kernel.btf.base import Base
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import Kconfig, KernelTree, KernelVersion
from rkmbuild.ko.packing import Packer
from rkmbuild.project import naming
from rkmbuild.verdict import samples
from rkmbuild.verdict.samples import StructModule

# The symbol of an entry in the table of exports (include/linux/export-internal.h)
_ENTRY = "__ksymtab_"
_FLAG = re.compile(r"^#define\s+KF_\w+\s+\(1 << (\d+)\)", re.MULTILINE)


def _no_types() -> Base | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Target:
    """A kernel, as its loader would judge a module.

    Attributes:
        arch: Its architecture.
        release: What `uname -r` says under it.
        version: The numbers of the release.
        config: Its configuration.
        vermagic: Its version magic, whole.
        exports: Symbols that it and its modules export, by name; empty where not `knows_exports`.
        knows_exports: Whether there is a Module.symvers.
        struct_module: Its struct module; None where none of its modules is at hand.
        taken: Names in /sys/module that parts of the kernel itself have.
        signed_by: The key identifier in the signatures of its own modules, or None.
        modules: Its lib/modules/<release> folder, or None.
        enforced: Whether it loads only signed modules.
        locked_down: Whether lockdown is at `integrity` or above.
        closed: Whether it takes no more modules at all (kernel.modules_disabled).
        blacklisted: Names of modules that its command line forbids.
        flags_exports: Whether a byte beside each exported symbol says who may use it; else those of
            EXPORT_SYMBOL_GPL are in tables of their own.
        unpacks: What it unpacks modules of itself, as `ko.packing.Packer` has it; empty where those
            who load them have to.
        at_hand: Whether it is known at all; else `release` is empty, and the rest what the module
            to be judged says of the kernel that it was built for.
        loaded: Names of the modules that are in it now; none for a kernel that does not run.
        loaded_exports: What those of them export that Module.symvers does not know; of these only
            the names are known.
        types: Gives its types (BTF), or None where they are not known; raises as `btf.base.find`.
        kfunc_flags: What its verifier can be told of a function, as bits; 0 where not known.
        kfuncs: The module of each function that BPF programs may call.
        kallsyms: The list of its symbols, where it runs.
    """

    arch: Arch
    release: str
    version: KernelVersion
    config: Kconfig
    vermagic: str
    exports: Mapping[str, ExportedSymbol]
    knows_exports: bool
    struct_module: StructModule | None
    taken: frozenset[str]
    signed_by: bytes | None
    modules: Path | None
    enforced: bool = False
    locked_down: bool = False
    closed: bool = False
    blacklisted: frozenset[str] = frozenset()
    flags_exports: bool = False
    unpacks: str = ""
    at_hand: bool = True
    loaded: frozenset[str] = frozenset()
    loaded_exports: frozenset[str] = frozenset()
    types: Callable[[], Base | None] = _no_types
    kfunc_flags: int = 0
    kfuncs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    kallsyms: Path | None = None

    def since(self, major: int, minor: int) -> bool:
        """Tell whether the kernel is of this series or a later one."""
        return (self.version.major, self.version.minor) >= (major, minor)

    def having(
        self, module: str, exports: Iterable[ExportedSymbol], kfuncs: Iterable[str] = ()
    ) -> "Target":
        """Return the kernel as it is once a module with these exports and functions is in it."""
        more = {symbol.name: symbol for symbol in exports}
        return dataclasses.replace(
            self,
            exports={**self.exports, **more},
            loaded=self.loaded | {module},
            kfuncs={**self.kfuncs, **dict.fromkeys(kfuncs, module)},
        )


def of(tree: KernelTree) -> Target:
    """Gather what judging for a kernel needs: some 0.1 s, most of it for Module.symvers.

    Raises:
        KernelError: its Module.symvers is damaged, or modules of its architecture cannot be
            judged yet.
    """
    arch = architectures.find(tree.arch)
    if not arch or not arch.complete:
        names = ", ".join(map(str, architectures.complete()))
        raise KernelError(f"modules for {tree.arch} cannot be judged: only {names} is known so far")
    sample = next(samples.read(tree.modules, arch), None) if tree.modules else None
    return Target(
        arch=arch,
        release=tree.release,
        version=tree.version,
        config=tree.config,
        vermagic=sample.vermagic if sample else vermagic(arch, tree.release, tree.config),
        exports=symvers.load(tree.symvers) if tree.symvers else {},
        knows_exports=tree.symvers is not None,
        struct_module=sample.layout if sample else None,
        taken=_taken(tree),
        signed_by=sample.signature.key if sample and sample.signature else None,
        modules=tree.modules,
        flags_exports=_flags_exports(tree),
        unpacks=unpacks(tree.config),
        types=functools.partial(base.find, tree),
        kfunc_flags=_kfunc_flags(tree),
        enforced=tree.config.on("MODULE_SIG_FORCE"),
        locked_down=tree.config.on(
            "LOCK_DOWN_KERNEL_FORCE_INTEGRITY", "LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY"
        ),
    )


def unpacks(config: Kconfig) -> str:
    """Return what a kernel unpacks modules of: one packer, the first in kernel/module/decompress.c.

    With CONFIG_MODULE_DECOMPRESS, which came with 5.17.
    """
    if not config.on("MODULE_DECOMPRESS"):
        return ""
    found = (each for each in Packer if config.on(f"MODULE_COMPRESS_{each.name}"))
    return next(found, "")


def _flags_exports(tree: KernelTree) -> bool:
    """Tell whether the kernel has __kflagstab: its headers tell, where it has any.

    Without them by its number: it came with 7.1 (kernel/module/main.c: find_module_sections).
    """
    header = _read(tree.source / "include/linux/export-internal.h")
    newer = (tree.version.major, tree.version.minor) >= (7, 1)
    return "___kflagstab+" in header if header else newer


def _kfunc_flags(tree: KernelTree) -> int:
    """Return what the kernel's headers have of KF_…, as bits; 0 where they do not tell."""
    bits = _FLAG.findall(_read(tree.source / "include/linux/btf.h"))
    return functools.reduce(lambda known, bit: known | 1 << int(bit), bits, 0)


def _taken(tree: KernelTree) -> frozenset[str]:
    """Return the names in /sys/module that no module can have.

    The lists do not tell whether a parameter has permissions, without which it has no folder; but
    where the kernel has a module of that name itself, there can be none.
    """
    known = naming.in_tree(tree)
    return known.with_parameters - known.loadable


def running(tree: KernelTree, *, root: Path = Path("/")) -> Target:
    """Gather the same for the kernel that runs, with what it enforces and has loaded by now.

    Reads module.sig_enforce in /sys, the lockdown level in securityfs (needs root; taken from the
    configuration where it cannot be read), kernel.modules_disabled, the command line and
    /proc/modules.

    Raises:
        KernelError: as `of`; or the tree is another kernel's.
    """
    release = os.uname().release
    if tree.release != release:
        raise KernelError(
            f"the running kernel is {release}, and its tree was not found",
            hint="leave --running out to judge for another kernel",
        )
    known = of(tree)
    enforced = _read(root / "sys/module/module/parameters/sig_enforce").startswith("Y")
    level = _read(root / "sys/kernel/security/lockdown")
    unpacks = _read(root / "sys/module/compression").strip()
    loaded = frozenset(line.split()[0] for line in _read(root / "proc/modules").splitlines())
    return dataclasses.replace(
        known,
        enforced=known.enforced or enforced,
        locked_down="[none]" not in level if level else known.locked_down,
        unpacks=unpacks or known.unpacks,
        closed=_read(root / "proc/sys/kernel/modules_disabled").strip() == "1",
        blacklisted=_blacklisted(_read(root / "proc/cmdline")),
        loaded=loaded,
        loaded_exports=_loaded_exports(known, loaded, root / "proc/kallsyms"),
        kallsyms=root / "proc/kallsyms",
    )


def _blacklisted(command_line: str) -> frozenset[str]:
    """Return the names in module_blacklist=: the last one counts, and a dash is an underscore.

    kernel/module/main.c, blacklisted; kernel/params.c, parameq. What stands after `--` is init's.
    """
    words = command_line.partition(" -- ")[0].split()
    given = [word.partition("=") for word in words]
    lists = [value for name, _, value in given if name.replace("-", "_") == "module_blacklist"]
    return frozenset(filter(None, lists[-1].strip('"').split(","))) if lists else frozenset()


def _loaded_exports(known: Target, loaded: frozenset[str], kallsyms: Path) -> frozenset[str]:
    """Return the names that modules export which are loaded and did not come with the kernel.

    /proc/kallsyms shows a module's symbols to everybody, those behind EXPORT_SYMBOL with a capital
    letter (kernel/kallsyms.c: s_show; kernel/module/main.c: is_exported). Those of
    EXPORT_SYMBOL_GPL are known by their entries in the table of exports, if CONFIG_KALLSYMS_ALL is
    on; where it is off any function may be one.
    """
    own = {symbol.module.rpartition("/")[2].replace("-", "_") for symbol in known.exports.values()}
    others = {f"[{name}]" for name in loaded - own}
    if not known.knows_exports or not others:
        return frozenset()
    rows = (line.split() for line in _read(kallsyms).splitlines() if line.endswith("]"))
    found = [(kind, name) for _, kind, name, module in rows if module in others]
    entries = {name.removeprefix(_ENTRY) for _, name in found if name.startswith(_ENTRY)}
    telling = known.config.on("KALLSYMS_ALL")
    return frozenset(entries | {name for kind, name in found if kind.isupper() or not telling})


def _read(place: Path) -> str:
    try:
        return place.read_text()
    except OSError:
        return ""


def vermagic(arch: Arch, release: str, config: Kconfig) -> str:
    """Return the version magic of a kernel (include/linux/vermagic.h).

    A kernel with CONFIG_RANDSTRUCT has a hash at the end that only its own modules tell. Empty
    where the configuration is not known.
    """
    if not config:
        return ""
    # One or the other up to 6.12; later kernels may have both, and then the first one counts.
    if config.on("PREEMPT_RT"):
        preempt = "preempt_rt "
    else:
        preempt = "preempt " if config.on("PREEMPT_BUILD") else ""
    return (
        f"{release} "
        + ("SMP " if config.on("SMP") else "")
        + preempt
        + ("mod_unload " if config.on("MODULE_UNLOAD") else "")
        + ("modversions " if config.on("MODVERSIONS") else "")
        + arch.vermagic
    )
