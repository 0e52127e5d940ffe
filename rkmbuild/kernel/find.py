"""Finds the kernels that can be built for, and the one that the user means."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import cache, console, files
from rkmbuild.base.errors import KernelError
from rkmbuild.distro import distribution, wsl
from rkmbuild.kernel import added_kernels, candidates, fetched_kernel
from rkmbuild.kernel.candidates import Candidate, PassedOver
from rkmbuild.kernel.detect import build_folder
from rkmbuild.kernel.kconfig import AUTO_CONF
from rkmbuild.kernel.tree import KernelTree, Origin


class Survey(NamedTuple):
    """All kernels of this machine: those to build for, and those that are no use."""

    kernels: list[KernelTree]
    passed_over: list[PassedOver]


def find_kernels(root: Path = Path("/")) -> list[KernelTree]:
    """Return the kernels that can be built for: the running one first, then the newest first.

    Args:
        root: Where installed kernels are looked for; fetched ones are in the cache.
    """
    return survey(root).kernels


def survey(root: Path = Path("/")) -> Survey:
    """Return the kernels that can be built for, and the trees that were passed over."""
    kernels: list[KernelTree] = []
    found, passed_over = _candidates(root)
    for candidate in found:
        try:
            kernels.append(candidate.read())
        except KernelError as error:
            passed_over.append(PassedOver(candidate.build, error))
    order = list(Origin)
    kernels.sort(key=lambda tree: (tree.version, tree.release), reverse=True)
    kernels.sort(key=lambda tree: (tree.origin is not Origin.RUNNING, order.index(tree.origin)))
    return Survey(kernels, passed_over)


def select(spec: str | None, root: Path = Path("/")) -> KernelTree:
    """Return the kernel that the user means.

    Args:
        spec: A release, a unique part of one, the name of an added one, or the path of a tree; the
            running kernel where
            None, and where that has no headers, the only fetched one.
        root: Where installed kernels are looked for.

    Raises:
        KernelError: there is none, more than one, or its tree cannot be built for.
    """
    tree = _selected(spec, root)
    if not cache.note_use(tree.build):  # another run has just removed it
        return _selected(spec, root)
    return tree


def _selected(spec: str | None, root: Path) -> KernelTree:
    if spec is None:
        return _default(root)
    if "/" in spec or spec in (".", "..") or files.is_there(Path(spec) / AUTO_CONF):
        return _at(_path(spec))
    found, passed_over = _candidates(root)
    chosen = matching(spec, found)
    # One that was built here has to be named: 6.12 goes on to mean what it meant before.
    chosen = [each for each in chosen if each.origin is not Origin.BUILT] or chosen
    releases = list(dict.fromkeys(candidate.release for candidate in chosen))
    if len(releases) == 1:
        return chosen[0].read()
    if releases:
        raise KernelError(
            f"{spec!r} fits {len(releases)} kernels: {', '.join(releases)}",
            hint=f"say more of the release, as in `--kernel {releases[0]}`",
        )
    raise _unknown(spec, found, passed_over)


def fetched() -> list[Candidate]:
    """Return the fetched kernels, the one that was fetched last first."""
    return [each for each in _in_the_cache([]) if each.origin is Origin.FETCHED]


def built() -> list[Candidate]:
    """Return the kernels that were built here, the one that was built last first."""
    return [each for each in _in_the_cache([]) if each.origin is Origin.BUILT]


def added() -> list[Candidate]:
    """Return the kernels that the user has added."""
    return _added([])


def _added(passed_over: list[PassedOver]) -> list[Candidate]:
    try:
        return [Candidate.of_added(kernel) for kernel in added_kernels.read()]
    except KernelError as error:
        passed_over.append(PassedOver(added_kernels.path(), error))
        return []


def _in_the_cache(passed_over: list[PassedOver]) -> list[Candidate]:
    found = []
    for entry in fetched_kernel.entries():
        try:
            found.append(fetched_kernel.read(entry))
        except KernelError as error:
            passed_over.append(PassedOver(entry, error))
    found.sort(key=lambda kernel: kernel.date, reverse=True)
    return [Candidate.of_manifest(kernel) for kernel in found]


def _at(path: Path) -> KernelTree:
    """Return the kernel at `path`; where that is in a fetched one, its manifest says the rest."""
    build = build_folder(path)
    for known in (*added(), *_in_the_cache([])):
        if known.build == build:
            return known._replace(origin=known.origin if known.added else Origin.PATH).read()
    return Candidate(build, "", Origin.PATH).read()


def _path(spec: str) -> Path:
    try:
        return Path(spec).expanduser()
    except RuntimeError:  # `~` of a user who is not known
        return Path(spec)


def _default(root: Path) -> KernelTree:
    running = os.uname().release
    found, passed_over = _candidates(root)
    for candidate in found:
        if candidate.release == running:
            return candidate.read()
    command = distribution.headers_command()
    cached = {c.release: c for c in found if c.origin in (Origin.ADDED, Origin.FETCHED)}
    cached = cached or {c.release: c for c in found if c.origin is Origin.BUILT}
    if len(cached) == 1:
        (only,) = cached.values()
        gets = f" (`{command}` gets them)" if command else ""
        console.note(
            f"the running kernel, {running}, has no headers here{gets}; "
            f"using the {only.origin} {only.release}"
        )
        return only.read()
    hints = []
    of_wsl = wsl.source_of(running)
    if of_wsl:
        hints.append(of_wsl)
    if command:
        hints.append(f"`{command}` gets the headers of the running kernel")
    others = sorted({candidate.release for candidate in found})
    if others:
        hints.append(f"`--kernel RELEASE` builds for another one: {', '.join(others)}")
    elif distribution.has_apt():
        hints.append("`rkmbuild kernel fetch` gets a kernel to build for and to boot in a VM")
    fetched_before = fetched_kernel.entries()
    hints += [_told(each) for each in passed_over if each.path in fetched_before]
    hints.append("`--kernel PATH` builds for a tree anywhere")
    raise KernelError(
        f"the running kernel, {running}, has no headers on this machine", hint="\n".join(hints)
    )


def matching(spec: str, found: list[Candidate]) -> list[Candidate]:
    """Return those of `found` that `spec`, a release or a part of one, means."""
    # A number is never cut: 6.1 does not mean 6.12, not even where there is no 6.1.
    part = re.compile(rf"(?<![0-9]){re.escape(spec)}(?![0-9])")
    word = re.compile(rf"(?<![0-9A-Za-z]){re.escape(spec)}(?![0-9A-Za-z])")
    tests = (lambda release: release == spec, word.match, word.search, part.search)
    named = [candidate for candidate in found if candidate.name == spec]
    if named and spec:
        # Of those that were built under one name, that of the newest source comes first.
        return named[:1]
    for test in tests:
        chosen = [candidate for candidate in found if test(candidate.release)]
        if chosen and spec:
            return chosen
    return []


def _unknown(spec: str, found: list[Candidate], passed_over: list[PassedOver]) -> KernelError:
    hints = []
    if found:
        known = ", ".join(dict.fromkeys(candidate.release for candidate in found))
        hints.append(f"there are: {known}")
    hints += [_told(each) for each in passed_over]
    of_wsl = wsl.source_of(spec)
    if of_wsl:
        hints.append(of_wsl)
    series = re.match(r"\d+\.\d+", spec)
    if distribution.has_apt() and series and not of_wsl:
        hints.append(
            f"`rkmbuild kernel fetch {series[0]}` fetches one, if the distribution has it; "
            "`--suite NAME` looks in another suite"
        )
    hints.append("a path to a kernel's tree needs a slash in it, as in ./headers")
    return KernelError(f"no kernel {spec!r} was found", hint="\n".join(hints))


def _told(passed_over: PassedOver) -> str:
    return f"{passed_over.path} was skipped: {passed_over.why.message}"


def _candidates(root: Path) -> tuple[list[Candidate], list[PassedOver]]:
    passed_over: list[PassedOver] = []
    running = os.uname().release
    found = [
        candidate._replace(origin=Origin.RUNNING) if candidate.release == running else candidate
        for candidate in candidates.in_root(root, Origin.INSTALLED, passed_over)
    ]
    found.sort(key=lambda candidate: candidate.origin is not Origin.RUNNING)
    # What the user has said himself comes before what lies about.
    own = _added(passed_over)
    builds = {candidate.build for candidate in own}
    found = [candidate for candidate in found if candidate.build not in builds]
    return own + found + _in_the_cache(passed_over), passed_over
