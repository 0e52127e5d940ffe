"""A kernel with the kernel's own checks in it, built once from the distribution's source of it.

It is as small as a guest allows, lies in the cache, and is a kernel to build for like any other.
"""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rkmbuild.base import cache, console, paths
from rkmbuild.base.errors import FetchError, KernelError, UsageError
from rkmbuild.base.suggest import did_you_mean
from rkmbuild.distro import apt_suite, build_tools, distribution, source_package
from rkmbuild.distro.apt import Apt, Listed
from rkmbuild.kernel import (
    companions,
    detect,
    fetch,
    fetched_kernel,
    find,
    from_source,
    images,
)
from rkmbuild.kernel.candidates import Candidate
from rkmbuild.kernel.fetched_kernel import FetchedKernel, FetchedPackage
from rkmbuild.kernel.tree import KernelTree, Origin

# The order in which they are named; a file of templates/debug-kernel each.
FEATURES = ("kasan", "lockdep", "objects", "kmemleak", "ubsan", "kcsan", "kcov")
USUAL = ("kasan", "lockdep", "objects", "kmemleak", "ubsan")
# lib/Kconfig.kcsan: KCSAN depends on !KASAN
_EXCLUDE = ("kasan", "kcsan")
# Counts up when an older rkmbuild made another kernel of the same source and configuration.
_REVISION = 1
# While it is built; a fifth of that stays.
_SPACE = 2_000_000_000


def features(text: str | None) -> tuple[str, ...]:
    """Return the features that a user names, between commas; the usual ones where None.

    Raises:
        UsageError: one is not known, or two do not go together.
    """
    if text is None:
        return USUAL
    named = [word.strip() for word in text.split(",") if word.strip()]
    for name in named:
        if name not in FEATURES:
            raise UsageError(
                f"--with {name}: there is no such feature",
                hint=did_you_mean(name, FEATURES, listed_as="known are"),
            )
    if not named:
        raise UsageError("--with needs a feature", hint=f"known are {', '.join(FEATURES)}")
    if set(_EXCLUDE) <= set(named):
        raise UsageError(
            f"{' and '.join(_EXCLUDE)} exclude each other in one kernel",
            hint="build two, and choose with --kernel",
        )
    return tuple(name for name in FEATURES if name in named)


def suffix(those: Sequence[str]) -> str:
    """Return what ends the release of a kernel with these features: `-debug`, `-debug-kcsan`."""
    return "-debug" if tuple(those) == USUAL else "-".join(("-debug", *those))


def base() -> str:
    """Return the configuration that a guest boots with: all that is on in the smallest kernel."""
    return _file("base")


def fragment(those: Sequence[str]) -> str:
    """Return the configuration of a kernel with these features: what is on in it."""
    texts = [_file(name) for name in ("base", "debug", *those)]
    return "".join(texts) + f'CONFIG_LOCALVERSION="{suffix(those)}"\n'


def build(
    series: str | None = None,
    those: Sequence[str] = USUAL,
    *,
    suite: str | None = None,
    allow_expired: bool = False,
    jobs: int | None = None,
) -> KernelTree:
    """Return the kernel of `series` with these features, built where it is not in the cache.

    Args:
        series: `6.12`; the newest that the distribution has a source of where None.
        those: What of `FEATURES` is in it.
        suite: Where the source is from; what this machine's packages come from where None.
        allow_expired: Take the suite if the archive does not vouch any more that it is the newest.
        jobs: How many compilers may run at once; as many as there are processors where None.

    Raises:
        FetchError: the source, or a tool for it, could not be got.
        KernelError: this source, or this machine's compiler, cannot have a feature.
        BuildError: it does not compile.
        StorageError: it could not be written.
    """
    if not distribution.has_apt():
        raise FetchError(
            "the source of a kernel is got with apt, which was not found",
            hint="build a kernel with these checks by your distribution's means, and "
            "`rkmbuild kernel add PATH` it",
        )
    try:
        asked = apt_suite.asked(suite, allow_expired=allow_expired)
        package = source_package.choose(asked, series, suite)
    except FetchError as error:
        there = _built_before(series, those, suite)
        if there is None:
            raise
        console.note(f"{error.message}; {there.release} is there from before")
        return there
    name = f"{source_package.series_of(package)}{suffix(those)}"
    entry = fetch.entry_name(
        name, package.version, cache.key(_REVISION, suite, fragment(those))[:8]
    )
    place = cache.find(fetched_kernel.BUILT, entry)
    if place:
        console.status("Fresh", f"{name} is built already, of {package.version}")
    else:
        fetch.check_space(f"building {name}", _SPACE)
        make = partial(
            _make, name=name, asked=asked, package=package, those=those, suite=suite, jobs=jobs
        )
        place = cache.entry(fetched_kernel.BUILT, entry, make)
    return Candidate.of_manifest(fetched_kernel.read(place)).read()


def _make(
    folder: Path,
    *,
    name: str,
    asked: Apt,
    package: Listed,
    those: Sequence[str],
    suite: str | None,
    jobs: int | None,
) -> None:
    with console.step(
        "Fetching", f"{package.name} {package.version} ({package.size / 1e6:.0f} MB)"
    ):
        got = source_package.unpack(asked, package, folder)
        env = build_tools.environment(build_tools.get())
    source = folder / "linux"
    demanded = from_source.names("".join(map(_file, those)))
    with console.step("Configuring", f"{name}: {', '.join(those)}"):
        from_source.configure(source, fragment(those), demanded, env=env)
    with console.step("Compiling", f"{name}, which takes minutes"):
        from_source.compile_all(source, env=env, jobs=jobs)
    from_source.slim(source)
    tree = detect.read_tree(source, Origin.BUILT)
    parts = images.find(tree.build, tree.release, [folder.resolve()])
    if parts.image is None:
        raise KernelError(f"the build of {name} made no image to boot")
    fetched_kernel.write(
        FetchedKernel(
            entry=folder,
            source="apt",
            suite=suite,
            release=tree.release,
            date=fetched_kernel.utc(time.time()),
            packages=(
                FetchedPackage(package.name, package.version, package.architecture, got.sha256),
            ),
            build=tree.build,
            parts=parts._replace(companions=_libraries(tree, folder.resolve())),
            expired=asked.expired,
            name=name,
            features=tuple(those),
        )
    )


def _file(name: str) -> str:
    folder = paths.data("templates") / "debug-kernel"
    return (folder / f"{name}.config").read_text(encoding="utf-8")


def _libraries(tree: KernelTree, root: Path) -> Path | None:
    """Get the libraries that the kernel's tools do not find here, as objtool's libelf."""
    needed = [tool for tool in companions.unfit(tree.build) if companions.is_needed(tool)]
    if not needed:
        return None
    place = root / "companions"
    with console.step("Fetching", f"the libraries that {needed[0].name} needs"):
        build_tools.unpack_libraries(place)
    companions.Companions(root=place).check([tree.build / tool for tool in needed])
    return place


def _built_before(series: str | None, those: Sequence[str], suite: str | None) -> KernelTree | None:
    for candidate in find.built():
        kernel = candidate.manifest
        if kernel is None or (kernel.suite, kernel.features) != (suite, tuple(those)):
            continue
        if series in (None, (kernel.name or "").partition("-")[0]):
            return candidate.read()
    return None
