"""Why cargo could not have a dependency, where it does not say itself, and what to do."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rkmbuild.base import process
from rkmbuild.project import crate_hints, features
from rkmbuild.project.dependencies import Graph, Package, arrows

_NO_STD = "can't find crate for `std`"
# There is no such crate among those of Linux 7.3 (rust/Makefile).
_NO_ALLOC = "can't find crate for `alloc`"
# What rustc says on a `core` that was compiled with no_fp_fmt_parse, as the kernel's is
# (`core-cfgs`, rust/Makefile, Linux 6.12 to 7.3): numbers with a point are not text there.
_NO_POINT = re.compile(
    r"`f(?:32|64)` doesn't implement `(?:core::fmt::)?\w+`"
    r"|the trait bound `f(?:32|64): (?:core::str::)?FromStr` is not satisfied"
)
# What LLVM says of a vector type where the target has no vector registers.
_NO_VECTORS = re.compile(r"LLVM ERROR: Do not know how to \w+ the result of this operator")
# That of rustc 1.85 says nothing more: it reads what is not there (seen with LLVM 19.1.7).
_CRASHED = re.compile(r"`\S*rustc .*\(signal: 11, SIGSEGV")
# What gcc or clang says of a header that is not there.
_HEADER = re.compile(
    r"fatal error: (?:'([\w./+-]+)' file not found|([\w./+-]+): No such file or directory)"
)
# What of a C library the C of crates has (templates/c/include).
HEADERS = "assert.h, inttypes.h, limits.h, stdlib.h, string.h and strings.h"
_FAILED = re.compile(r"could not compile `([^`]+)`")
_SCRIPT_FAILED = re.compile(r"failed to run custom build command for `(\S+) v([^\s`]+)")
# The crate `cc` wants a target of two words, and rustc takes upstream's metadata for no other than
# that for which it was written (E0461): scripts/target.json, as the kernel's build calls it.
_ONE_WORD = re.compile(r"target `target` only had a single component")
# What libc does not have for a target without an operating system is most of it.
_OF_LIBC = re.compile(r"unresolved imports? `libc::|in crate `libc`")


def built_all(graph: Graph, messages: str) -> bool:
    """Tell whether cargo built all that the module's own package uses, so that this one failed.

    Args:
        messages: What cargo printed for programs.
    """
    made = {
        message["package_id"]
        for message in _read(messages, "compiler-artifact")
        if "custom-build" not in message["target"]["kind"]
    }
    return made.issuperset(graph.packages[graph.root].edges)


def explain(
    graph: Graph, command: Sequence[str | Path], *, env: dict[str, str], cwd: Path
) -> tuple[str, str] | None:
    """Return a message and a hint, where a dependency cannot be had in a kernel.

    cargo's words went to the user as they came, and nobody has read them: it is asked again, for
    what has failed.

    Args:
        command: The command that failed, with its messages as JSON.
    """
    done = process.run(
        [*command], doing="asking cargo once more", env=env, cwd=cwd, success=range(256)
    )
    packages = _failing(graph, done.stdout, _NO_STD)
    if packages:
        chains = [f"{arrows(graph.chain(package.id))} needs std" for package in packages]
        return (
            f"the kernel has no standard library, and {', and '.join(chains)}",
            "\n".join(features.without_std(package, graph) for package in packages),
        )
    packages = _failing(graph, done.stdout, _NO_ALLOC)
    if packages:
        chains = [f"{arrows(graph.chain(package.id))} needs alloc" for package in packages]
        return (
            f"the upstream API has `core` alone, and {', and '.join(chains)}",
            (
                "see which of its features do without (`default-features = false`), or use another "
                "crate for it; upstream's own KVec, KBox and Arc stand in for most of alloc, and "
                "the portable API has alloc itself"
            ),
        )
    packages = _failing(graph, done.stdout, _NO_POINT)
    if packages:
        ways = " and ".join(arrows(graph.chain(package.id)) for package in packages)
        message = (
            "the kernel's own `core`, which the upstream API is built on, neither prints nor reads "
            f"numbers with a point, and {ways} wants that of it"
        )
        return message, (
            "see which of its features do without, or use another crate for it; the portable API "
            "has a `core` that does"
        )
    if _NO_VECTORS.search(done.stderr) or _CRASHED.search(done.stderr):
        found = map(graph.of_crate, (n.replace("-", "_") for n in _FAILED.findall(done.stderr)))
        named = [package for package in found if package]
        names = ", ".join(package.name for package in named)
        return (
            _no_vectors(names, crashed=not _NO_VECTORS.search(done.stderr)),
            "\n".join(features.without_vectors(package, graph) for package in named),
        )
    return (
        without_cc(graph, done.stderr)
        or without_c_library(graph, done.stderr)
        or made_for_programs(graph, done.stdout, done.stderr)
    )


def _failing(graph: Graph, messages: str, why: str | re.Pattern[str]) -> list[Package]:
    """Return the packages below the module's that rustc could not compile for a certain reason."""
    reason = re.compile(re.escape(why)) if isinstance(why, str) else why
    lacking = [
        message["package_id"]
        for message in _read(messages, "compiler-message")
        if reason.fullmatch(message["message"]["message"])
    ]
    return [graph.packages[each] for each in dict.fromkeys(lacking) if graph.chain(each)]


def _no_vectors(names: str, *, crashed: bool) -> str:
    lacking = "the kernel's code has no vector registers"
    if crashed:
        return f"rustc crashed on {names}, as some do where code uses vectors: {lacking}"
    return f"{lacking}, and {names} needs some to be compiled"


def without_cc(graph: Graph, said: str) -> tuple[str, str] | None:
    """Return a message and a hint where the crate `cc` does not take the target of a kernel."""
    failed = [package for package, _ in _scripts(graph, said)]
    if not failed or not _ONE_WORD.search(said):
        return None
    chains = " and ".join(arrows(graph.chain(each.id)) or each.name for each in failed)
    message = (
        f"C of {chains} cannot be compiled on the upstream API: the crate `cc` does not take a "
        "target that is called `target`, as the kernel's is"
    )
    return (
        message,
        "C files of the project can be compiled (`c-sources`), and C of crates on the portable API",
    )


def without_c_library(graph: Graph, said: str) -> tuple[str, str] | None:
    """Return a message and a hint where C of a crate includes what only a C library has."""
    missing = list(dict.fromkeys(one or other for one, other in _HEADER.findall(said)))
    failed = [package for package, _ in _scripts(graph, said)]
    if not missing or not failed:
        return None
    chains = " and ".join(arrows(graph.chain(each.id)) or each.name for each in failed)
    message = f"C of {chains} includes {', '.join(missing)}, and the kernel has no C library"
    return message, (
        f"of its headers there are {HEADERS}, with what a kernel can give, and the compiler's "
        "own: see which features of the crate do with these, or use another crate for it"
    )


def made_for_programs(graph: Graph, messages: str, said: str) -> tuple[str, str] | None:
    """Return a message and a hint for the first package that refuses the target, or that is known.

    Args:
        messages: What cargo printed for programs.
        said: What it printed for people.
    """
    scripts = _scripts(graph, said)
    for package, why in (*scripts, *_refusing(graph, messages)):
        chain = graph.chain(package.id)
        if len(chain) < 2:
            continue  # the module's own, or of a build script alone
        hint = crate_hints.of(chain)
        if why or hint:
            reason = why or "it is made for programs"
            version = f"{package.name} {package.version}"
            other = f"{version} knows other targets: use another crate for it"
            if (package, why) in scripts:
                other = (
                    f"what it said stands above: {version} may need a tool that is not here, "
                    "or know other targets only"
                )
            return f"{arrows(chain)} cannot be had in a kernel: {reason}", hint or other
    return None


def _scripts(graph: Graph, said: str) -> list[tuple[Package, str]]:
    failed = set(_SCRIPT_FAILED.findall(said))
    return [
        (package, f"the build script of {package.name} failed")
        for package in graph.packages.values()
        if (package.name, package.version) in failed
    ]


def _refusing(graph: Graph, messages: str) -> list[tuple[Package, str]]:
    found = []
    for message in _read(messages, "compiler-message"):
        package = graph.packages.get(message["package_id"])
        diagnostic = message["message"]
        if not package or diagnostic["level"] != "error":
            continue
        why = ""
        if _OF_LIBC.search(diagnostic["message"]):
            why = f"{package.name} takes from libc what it has for programs alone"
        elif "compile_error!" in (diagnostic["rendered"] or ""):
            why = f"{package.name} says: {diagnostic['message'].splitlines()[0]}"
        found.append((package, why))
    return found


def _read(messages: str, reason: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in messages.splitlines() if line.startswith("{"))
    return [message for message in lines if message["reason"] == reason]
