"""The rustc and the bindgen that a kernel's own Rust was made with: of this machine, or got.

Where the machine has others, the packages that the distribution built the kernel with are unpacked
into the cache, and started by their own loader with their own libraries. Nothing is installed.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rkmbuild.arch import architectures
from rkmbuild.base import cache, console
from rkmbuild.base.errors import FetchError, ToolchainError
from rkmbuild.distro import apt, apt_suite, companions, distribution
from rkmbuild.distro.apt import Apt, Listed
from rkmbuild.kernel.companions import Companions
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import rustc_probe, slimming
from rkmbuild.toolchain import bindgen as bindgens
from rkmbuild.toolchain import rust, rust_places, versions
from rkmbuild.toolchain.parts import Rust, Version

# The kind of cache entry that holds a toolchain that was got.
KIND = "rust-toolchain"
_MANIFEST = "toolchain.json"
# Counts up when such an entry is put together in another way.
_REVISION = 2
PACKAGES = ("rustc", "cargo", "rust-src", "bindgen")
"""What a toolchain is made of, but for what these need."""
# rustc's packages name them for programs that are linked, which this machine's own linker does.
_NOT_NEEDED = re.compile(r"(gcc|cpp|binutils|libc-dev-bin|clang)(-.*)?")


class NotOfferedError(FetchError):
    """The packages with which a kernel's Rust was made are nowhere to be had."""


class Toolchain(NamedTuple):
    """What a kernel's Rust is made with once more.

    Attributes:
        rust: rustc and cargo.
        bindgen: The bindgen.
        bindgen_version: Its version.
        libclang: The libclang that it is to load; None where it finds that itself.
    """

    rust: Rust
    bindgen: Path
    bindgen_version: Version
    libclang: Path | None = None


def on_this_machine(tree: KernelTree, core: str, asked: Rust | None = None) -> Toolchain | None:
    """Return what this machine has of its own that a kernel's Rust was made with, or None.

    Args:
        tree: The kernel.
        core: What its symbols have for the crate `core`.
        asked: The rustc that is asked for.
    """
    there = (
        [asked] if asked else [found.rust for found in map(rust.look_at, rust_places.all_places())]
    )
    wanted = tree.config.get("RUSTC_VERSION_TEXT")
    fitting = (each for each in there if each and each.verbose.startswith(f"{wanted}\n"))
    chosen = next((each for each in fitting if fits(each.rustc, core)), None)
    if chosen is None:
        return None
    try:
        pair, _ = bindgens.choose()
    except ToolchainError:
        return None
    if pair.version != _bindgen(tree):
        return None
    return Toolchain(chosen, pair.path, pair.version, pair.libclang)


def fits(rustc: Path, core: str) -> bool:
    """Tell whether a rustc names the crate `core` as a kernel's symbols do."""
    try:
        return rustc_probe.given(rustc) == core
    except (ToolchainError, OSError):
        return False


def get(tree: KernelTree, core: str, *, suite: str | None, allow_expired: bool) -> Path:
    """Return the entry of the cache with the packages that a kernel's Rust was made with.

    Args:
        tree: The kernel.
        core: What its symbols have for the crate `core`.
        suite: The suite that the kernel is from; what this machine's packages come from where None.
        allow_expired: Take a suite if the archive does not vouch any more that it is the newest.

    Raises:
        NotOfferedError: no suite has them.
        FetchError: they could not be got.
        StorageError: there is no space for them.
    """
    wanted = (tree.config.get("RUSTC_VERSION_TEXT"), str(_bindgen(tree)))
    name = cache.key(_REVISION, wanted, core, suite, architectures.host().names.rustc)
    make = partial(_make, tree=tree, core=core, suite=suite, allow_expired=allow_expired)
    return cache.entry(KIND, name, make)


def read(entry: Path) -> Toolchain:
    """Return the toolchain of an entry of the cache."""
    said = json.loads((entry / _MANIFEST).read_text())
    start = Companions(root=entry)
    version = Version(*said["version"])
    library = entry / "usr/lib/rustlib/src/rust/library"
    return Toolchain(
        rust=Rust(
            rustc=start.started("rustc"),
            cargo=start.started("cargo"),
            version=version,
            verbose=said["verbose"],
            host=said["host"],
            sysroot=entry / "usr",
            library=library,
            vendored=(library / "vendor").is_dir(),
            origin=f"packages:{said['suite'] or 'apt'}",
        ),
        bindgen=start.started("bindgen"),
        bindgen_version=Version(*said["bindgen"]),
    )


def _make(
    folder: Path, *, tree: KernelTree, core: str, suite: str | None, allow_expired: bool
) -> None:
    if not distribution.has_apt():
        raise NotOfferedError(_no_way(tree), hint=_hint(tree))
    asked, packages, where = _chosen(tree, suite, allow_expired)
    rustc = put_together(folder, asked, packages, where, f"the rustc that built {tree.release}")
    if not fits(rustc, core):
        raise NotOfferedError(
            f"rustc of {where} is not the one that built {tree.release}: it names the crate core "
            "in another way",
            hint=_hint(tree),
        )


def put_together(
    folder: Path, asked: Apt, packages: Sequence[Listed], where: str, what: str
) -> Path:
    """Make an entry of packages; return its rustc.

    Args:
        folder: The entry's folder.
        asked: Whom to ask for them.
        packages: What `needed` gave.
        where: The suite, in words.
        what: The toolchain, in words.

    Raises:
        FetchError: they could not be got.
        StorageError: there is no space for them.
    """
    size = sum(package.size for package in packages) / 1e6
    with console.step("Fetching", f"{what} ({size:.0f} MB)"):
        with cache.temporary() as downloads:
            got = asked.download(packages, downloads)
            for each in got:
                apt.unpack(each.file, folder)
                each.file.unlink()
        slimming.slim(folder)
        start = Companions(root=folder)
        programs = [folder / "usr/bin" / name for name in slimming.PROGRAMS]
        libclang = next(iter(sorted((folder / "usr/lib").glob("llvm-*/lib/libclang-*.so.*"))), None)
        if libclang is None:
            raise FetchError("the packages of bindgen have no libclang")
        start.check([*programs, libclang])
        place = libclang.parent.relative_to(folder)
        # cargo and bindgen find out by themselves where they lie, which would be their loader.
        before = {
            "cargo": 'export CARGO="$0"\n',
            "bindgen": f'export LIBCLANG_PATH="$root/{place}"\n',
        }
        for program in programs:
            start.add_program(program, before.get(program.name, ""))
        rustc = start.started("rustc")
        # Not by what is remembered: the folder is moved, and its name not used again.
        verbose = rust.ask_verbose(rustc)
        facts = rust.read_verbose(verbose)
    bound = next(package for package in packages if package.name == "bindgen")
    document = {
        "suite": where,
        "version": versions.first(facts["release"]),
        "verbose": verbose,
        "host": facts["host"],
        "bindgen": versions.first(bound.version),
        "packages": [[each.package.name, each.package.version, each.sha256] for each in got],
    }
    (folder / _MANIFEST).write_text(json.dumps(document, indent=1) + "\n")
    return rustc


def _chosen(
    tree: KernelTree, suite: str | None, allow_expired: bool
) -> tuple[Apt, list[Listed], str]:
    """Return whom to ask for what, and the suite in words; NotOfferedError where none has it."""
    wanted = {
        "rustc": versions.first(tree.config.get("RUSTC_VERSION_TEXT", "")),
        "bindgen": _bindgen(tree),
    }
    seen = []
    for name in _suites(suite):
        asked = apt_suite.asked(name, allow_expired=allow_expired)
        offered = asked.with_dependencies(PACKAGES)
        has = {each: versions.first(offered[each].version) for each in wanted if each in offered}
        if has == wanted and "rust-src" in offered:
            return asked, needed(offered), name or "apt"
        seen.append(f"{name or 'apt'} has " + _words(has))
    raise NotOfferedError(
        f"{_no_way(tree)}: it was built with {_words(wanted)}, and {'; '.join(seen)}",
        hint=_hint(tree),
    )


def _suites(suite: str | None) -> Iterator[str | None]:
    """Give where a kernel's compiler may be: the suite that its own is added to comes first."""
    under = companions.suite_under(suite) if suite else None
    yield from dict.fromkeys([under or suite, suite])


def needed(offered: Mapping[str, Listed]) -> list[Listed]:
    """Return what there is to get, of what `PACKAGES` and their dependencies are."""
    # bindgen's package asks for what links with libclang; the library and the headers that it has
    # for what it reads are packages of their own (`libclang1-19`, `libclang-common-19-dev`).
    linked = (need for need in offered["libclang-dev"].depends if "libclang-dev" in offered)
    number = next(
        (
            found[1]
            for need in linked
            for name in need
            if (found := re.search(r"-(\d+)-dev$", name))
        ),
        "",
    )
    clang = [f"libclang1-{number}", f"libclang-common-{number}-dev"]
    there = {name: each for name, each in offered.items() if not _NOT_NEEDED.fullmatch(name)}
    return companions.companions([], [*PACKAGES, *clang], there)


def _bindgen(tree: KernelTree) -> Version | None:
    return versions.first(tree.config.get("BINDGEN_VERSION_TEXT", ""))


def _words(versions_: Mapping[str, Version | None]) -> str:
    return " and ".join(f"{name} {version}" for name, version in versions_.items()) or "neither"


def _no_way(tree: KernelTree) -> str:
    return f"the compiler of {tree.release}'s own Rust could not be got"


def _hint(tree: KernelTree) -> str:
    text = tree.config.get("RUSTC_VERSION_TEXT", "a rustc that it does not name")
    return (
        f"needed is {text!r} of the distribution that built this kernel, with its library's "
        f"source, and {tree.config.get('BINDGEN_VERSION_TEXT', 'a bindgen')}: install them"
    )
