"""What a crate that modules bring along is compiled with: any tools that the source takes."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

from rkmbuild.arch import architectures
from rkmbuild.base import cache, paths
from rkmbuild.base.errors import FetchError, KernelError, ToolchainError
from rkmbuild.distro import apt_suite, distribution
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.pipeline.api.upstream import toolchain
from rkmbuild.pipeline.api.upstream.toolchain import Toolchain
from rkmbuild.toolchain import bindgen as bindgens
from rkmbuild.toolchain import rust, rust_places, versions
from rkmbuild.toolchain.parts import Rust, Version

# Counts up when an entry of packages is put together in another way.
_REVISION = 1


class Takes(NamedTuple):
    """Which tools a series' source takes.

    Attributes:
        rustc: The oldest rustc, and the newest that was tried.
        bindgen: The oldest bindgen.
        suite: Where packages of such tools are.
        why: What forces it.
    """

    rustc: tuple[Version, Version]
    bindgen: Version
    suite: str
    why: str


TAKES = {
    (6, 12): Takes(
        rustc=(Version(1, 81), Version(1, 96, 99)),
        bindgen=Version(0, 65, 1),
        suite="trixie",
        why="its init/Kconfig wants rustc 1.81 for kernels with CALL_PADDING, and its "
        "scripts/min-tool-version.sh bindgen 0.65.1",
    ),
    (7, 3): Takes(
        rustc=(Version(1, 85), Version(1, 96, 99)),
        bindgen=Version(0, 71, 1),
        suite="trixie",
        why="its scripts/min-tool-version.sh wants rustc 1.85.0 and bindgen 0.71.1",
    ),
}
"""By series: those whose samples ran with the crate in them, on a kernel without Rust (6.12) or on
one with Rust of its own (7.3).

6.1's source takes rustc 1.62 alone (its `rust/alloc` is that release's own library)."""


def is_known(tree: KernelTree) -> bool:
    """Tell whether it was tried with a kernel's source."""
    return (tree.version.major, tree.version.minor) in TAKES


def takes(tree: KernelTree) -> Takes:
    """Return what a kernel's source takes.

    Raises:
        KernelError: modules for such a kernel cannot bring the crate along.
    """
    found = TAKES.get((tree.version.major, tree.version.minor))
    if found:
        return found
    tried = ", ".join(f"{major}.{minor}" for major, minor in TAKES)
    old = tree.version < KernelVersion(6, 11)
    why = (
        "its source takes one old rustc alone, whose `kernel` crate is another one"
        if old
        else f"that was done for {tried} alone so far"
    )
    raise KernelError(
        f"{_has(tree)}, and its modules cannot bring Rust for Linux's crate along: {why}",
        hint="the portable API is there for every kernel: leave out `api` in Cargo.toml",
    )


def check(wanted: Takes, asked: Rust, tree: KernelTree) -> None:
    """Refuse a rustc that a kernel's source does not take.

    Raises:
        ToolchainError: it is one.
    """
    low, high = wanted.rustc
    if not low <= asked.version <= high:
        raise ToolchainError(
            f"the source of {tree.release} cannot be compiled by rustc {asked.version}: it takes "
            f"{low} or newer, and was tried up to {high.major}.{high.minor}",
            hint=f"{wanted.why}; leave --toolchain out, and one that fits is taken or fetched",
        )


def on_this_machine(wanted: Takes, asked: Rust | None = None) -> Toolchain | None:
    """Return what is here of its own, or in the cache, that fits; or None.

    Args:
        wanted: What fits.
        asked: The rustc that is asked for, which fits.
    """
    low, high = wanted.rustc
    found = (
        [asked]
        if asked
        else [place.rust for place in map(rust.look_at, rust_places.all_places()) if place.rust]
    )
    fitting = [each for each in found if low <= each.version <= high]
    try:
        pair, _ = bindgens.choose()
    except ToolchainError:
        pair = None
    if fitting and pair and pair.version >= wanted.bindgen:
        newest = max(fitting, key=lambda each: each.version)
        return Toolchain(newest, pair.path, pair.version, pair.libclang)
    for entry in sorted((paths.cache_dir() / toolchain.KIND).glob("*")):
        if cache.is_done(entry):
            there = toolchain.read(entry)
            rust_fits = asked or low <= there.rust.version <= high
            if rust_fits and there.bindgen_version >= wanted.bindgen and cache.note_use(entry):
                return there
    return None


def get(wanted: Takes, *, allow_expired: bool) -> Path:
    """Return the entry of the cache with packages that fit.

    Args:
        wanted: What fits.
        allow_expired: Take a suite if the archive does not vouch any more that it is the newest.

    Raises:
        FetchError: no suite has them, or they could not be got.
        StorageError: there is no space for them.
    """
    name = cache.key(
        "static", _REVISION, wanted.suite, wanted.rustc, architectures.host().names.rustc
    )
    make = partial(_make, wanted=wanted, allow_expired=allow_expired)
    return cache.entry(toolchain.KIND, name, make)


def _make(folder: Path, *, wanted: Takes, allow_expired: bool) -> None:
    low, high = wanted.rustc
    hint = (
        f"a rustc from {low} to {high.major}.{high.minor} with its library's source (rust-src) and "
        f"bindgen {wanted.bindgen} or newer do as well: {wanted.why}"
    )
    if not distribution.has_apt():
        raise FetchError("this machine has no tools that this kernel's Rust takes", hint=hint)
    asked = apt_suite.asked(wanted.suite, allow_expired=allow_expired)
    offered = asked.with_dependencies(toolchain.PACKAGES)
    has = {
        name: versions.first(offered[name].version)
        for name in ("rustc", "bindgen")
        if name in offered
    }
    rustc, bindgen = has.get("rustc"), has.get("bindgen")
    fits = rustc and bindgen and low <= rustc <= high and bindgen >= wanted.bindgen
    if not fits or "rust-src" not in offered:
        words = " and ".join(f"{name} {version}" for name, version in has.items()) or "neither"
        raise FetchError(f"{wanted.suite} has no tools that fit, but {words}", hint=hint)
    packages = toolchain.needed(offered)
    toolchain.put_together(folder, asked, packages, wanted.suite, f"rustc {rustc}")


def _has(tree: KernelTree) -> str:
    if tree.config.on("RUST"):
        return f"{tree.release}'s own Rust cannot be linked to"
    return f"{tree.release} was built without Rust (CONFIG_RUST)"
