"""Which names a module may have: what Rust, C, kbuild and the kernels at hand make of one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base.errors import UsageError
from rkmbuild.kernel.names import MODULE_NAME_LEN, module_name
from rkmbuild.kernel.tree import KernelTree


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LONGEST = MODULE_NAME_LEN - 1

# https://doc.rust-lang.org/reference/keywords.html, every edition, reserved words included.
RUST_KEYWORDS = _words(
    "abstract as async await become box break const continue crate do dyn else enum extern false "
    "final fn for gen if impl in let loop macro match mod move mut override priv pub ref return "
    "self Self static struct super trait true try type typeof unsafe unsized use virtual where "
    "while yield"
)
# C11 6.4.1 and what gnu11, the kernel's dialect, adds without underscores.
_C_KEYWORDS = _words(
    "asm auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register restrict return short signed sizeof static struct switch typedef "
    "typeof union unsigned void volatile while"
)
# Crates that every module is linked with, or that rustc takes for its own.
_CRATES = _words(
    "alloc bindings bindings_layout compiler_builtins core kernel macros pin_init proc_macro std "
    "test"
)
# Objects that rkmbuild adds to every module (rkmbuild/pipeline/kbuild.py).
_OBJECTS = _words("rkmbuild_exports rkmbuild_helpers rkmbuild_rust")
# A module of several objects is `NAME-y := …` to kbuild, and so are these lists of its own
# (scripts/Makefile.build and Makefile.lib, 6.1 and 6.12).
_KBUILD_LISTS = _words(
    "always asflags ccflags cppflags dtb extra generic hostprogs ldflags lib mandatory obj "
    "rustflags subdir targets userprogs"
)


@dataclass(frozen=True, kw_only=True)
class InTree:
    """Names that a kernel's own modules have, with underscores for dashes.

    Attributes:
        builtin: What would be a module, and is built in.
        loadable: What is a module.
        with_parameters: What is built in and has module parameters; beside parts of `builtin`
            some that can be no modules, as printk.
    """

    builtin: frozenset[str]
    loadable: frozenset[str]
    with_parameters: frozenset[str]


def type_name(package: str) -> str:
    """Return a package's name as Rust writes types: `HelloWorld` for `hello-world`."""
    words = re.split(r"[-_]+", package)
    return "".join(word[:1].upper() + word[1:] for word in words)


def check(package: str, kernels: Iterable[KernelTree] = ()) -> list[str]:
    """Say what is to know about a package's name: nothing, or some warnings.

    Raises:
        UsageError: no module can have this name.
    """
    name = module_name(package)
    reason = unfit(package)
    if reason:
        raise UsageError(
            f"a module cannot be called `{package}`: {reason}",
            hint="give the package another name with --name",
        )
    warnings = []
    if name != name.lower():
        warnings.append(
            f"`{package}` is not snake case, which rustc warns about at every build; "
            f"consider `{_snake_case(package)}`"
        )
    for kernel in kernels:
        known = in_tree(kernel)
        if name in known.builtin & known.with_parameters:
            raise UsageError(
                f"a module cannot be called `{package}`: {kernel.release} has it built in, with "
                f"its parameters in /sys/module/{name}, and refuses to load another one",
                hint="give the package another name with --name",
            )
        if name in known.builtin | known.with_parameters:
            warnings.append(
                f"{kernel.release} has a `{name}` built in; it may refuse to load another one"
            )
        elif name in known.loadable:
            warnings.append(
                f"{kernel.release} has a module `{name}` of its own; only one of the two can be "
                "loaded at a time"
            )
    return warnings


def unfit(package: str) -> str | None:
    """Return why no module can have this package's name, whatever the kernel; None if one can."""
    name = module_name(package)
    odd = re.sub(r"[A-Za-z0-9_-]", "", package)
    if not re.search("[A-Za-z]", package):
        return "it has no letter"
    if odd:
        return f"`{odd[0]}` is none of the letters a-z, digits, `-` and `_` that it may consist of"
    if not re.match("[A-Za-z_]", package):
        return "it must start with a letter or `_`"
    if len(name) > LONGEST:
        return f"it is {len(name)} letters long, and the kernel has room for {LONGEST}"
    reserved = {
        "it is a keyword of Rust": RUST_KEYWORDS,
        "it is a keyword of C": _C_KEYWORDS,
        "a crate that modules are built with has this name": _CRATES,
        f"kbuild has a list `{name}-y` of its own": _KBUILD_LISTS,
        "rkmbuild adds an object of this name to each module": _OBJECTS,
        "it is the kernel itself to kbuild and to live patching": {"vmlinux"},
    }
    return next((reason for reason, words in reserved.items() if name in words), None)


def in_tree(kernel: KernelTree) -> InTree:
    """Read the names of a kernel's own modules; empty where only its headers are there.

    The lists are modules.builtin, modules.builtin.modinfo and modules.order, which kbuild makes
    and packages install in lib/modules/<release> (Documentation/kbuild/kbuild.rst).
    """
    places = [place for place in (kernel.modules, kernel.build) if place]
    return InTree(
        builtin=frozenset(map(_stem, _first(places, "modules.builtin").split())),
        loadable=frozenset(map(_stem, _first(places, "modules.order").split())),
        with_parameters=_with_parameters(_first(places, "modules.builtin.modinfo")),
    )


def _snake_case(package: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-" if "-" in package else "_", package).lower()


def _first(places: Iterable[Path], name: str) -> str:
    files = (place / name for place in places)
    return next((file.read_text(errors="replace") for file in files if file.is_file()), "")


def _stem(path: str) -> str:
    return module_name(path.rpartition("/")[2].partition(".")[0])


def _with_parameters(modinfo: str) -> frozenset[str]:
    """Return which built-in parts have parameters or a version.

    kernel/params.c gives each a folder in /sys/module (param_sysfs_builtin, except for parameters
    without permissions, and version_sysfs_builtin); mod_sysfs_init in kernel/module/sysfs.c
    refuses a module whose folder is there, with EINVAL (6.1 and 6.12).
    """
    entries = (re.match(r"([^.=]+)\.(?:parmtype|version)=", e) for e in modinfo.split("\0"))
    return frozenset(module_name(entry[1]) for entry in entries if entry)
