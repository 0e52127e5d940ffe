"""The bindings: bindgen over the kernel's headers, once for each kernel and set of headers.

libclang lays out structures as clang would, bindgen drops some of what C says of them, and macros
are computed by rules of its own. So the kernel's own compiler is asked of all that is bound, and
what differs is put right or becomes opaque (`layout`) before anything is built on it.
"""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache, console, paths, process
from rkmbuild.base.errors import BuildError, ProjectError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.kernel import cflags
from rkmbuild.pipeline import helpers
from rkmbuild.pipeline.layout import ask
from rkmbuild.pipeline.layout.ask import C
from rkmbuild.pipeline.layout.finish import Finished, finish
from rkmbuild.pipeline.target_kernel import TargetKernel
from rkmbuild.pipeline.tools import Tools
from rkmbuild.project import headers as headers_of
from rkmbuild.project.project import Project
from rkmbuild.toolchain.parts import Bindgen, CCompiler, Version

FILE = "bindings.rs"
# What asserts that they are as in C.
LAYOUT = "layout.rs"
_HEADER = "bindings.h"
# C that reads and writes the members of structures which Rust cannot lay out.
_ACCESSORS = "accessors.h"
# Whether a module calls any of it.
_ASKED = "RKMBUILD_ACCESSORS"
_NOTES = "notes.txt"
# Counts up when other bindings are made of the same headers and parameters.
_REVISION = 9
# What bindgen binds by its name, in the words of all of its releases.
_KINDS = ("function", "type", "var")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What an API has bound for itself, whatever the project.

    Attributes:
        header: The header that includes it all.
        parameters: Arguments of bindgen: how it is bound, and what is left out.
        files: The headers whose text counts.
        names: What is bound of it, with all that this is made of; None for everything.
    """

    header: Path
    parameters: tuple[str, ...]
    files: tuple[Path, ...]
    names: Collection[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Bindings:
    """Bindings to be made, or made already.

    Attributes:
        key: Their name in the cache.
        header: The text of the header that includes all that is bound.
        parameters: Arguments of bindgen: how it is bound, and what is left out.
        names: What is bound, with all that this is made of; None for everything.
        clang_flags: The kernel's c_flags, as libclang takes them.
        c_flags: The kernel's c_flags, as its own compiler takes them.
        folder: Where both run: the flags name folders relative to the objtree.
    """

    key: str
    header: str
    parameters: tuple[str, ...]
    names: Collection[str] | None
    clang_flags: tuple[str, ...]
    c_flags: tuple[str, ...]
    folder: Path

    @property
    def arguments(self) -> list[str]:
        """All arguments of bindgen that come before the output and clang's."""
        if self.names is None:
            return [*self.parameters, "--allowlist-file=.*"]
        # In brackets: bindgen 0.60 puts ^ before the first name, and $ behind the last one alone.
        either = "|".join(sorted(self.names))
        return [*self.parameters, *(f"--allowlist-{kind}=({either})" for kind in _KINDS)]


def plan(
    source: Source, project: Project, tools: Tools, kernel: TargetKernel, defines: str
) -> Bindings:
    """Return the bindings that fit, without making them.

    Args:
        source: What is bound beside the project's own headers.
        defines: Lines of C that go ahead of those, and not of the source's.

    Raises:
        ProjectError: the project names a header of its own that is not there.
    """
    own = [_include(header, project.root) for header in project.bound]
    included = "".join(f"{line}\n" for line, _ in own)
    header = f'#include "{source.header}"\n{defines}{included}'
    bindgen, clang_flags = tools.bindgen, kernel.translation.kept
    words = (*source.parameters, *rust_target(bindgen.version, tools.rust.version))
    # What a header says counts, not where it lies: copies of a project share what is built.
    contents = [*(file.read_text() for file in source.files), *(text for _, text in own)]
    contents += defines.splitlines()
    key = cache.key(
        "bindings", _REVISION, kernel.identity, str(kernel.objtree), contents, words, clang_flags,
        kernel.c_flags, str(bindgen.version), str(bindgen.libclang), str(bindgen.libclang_version),
        tools.compiler.text, source.names,
    )  # fmt: skip
    return Bindings(
        key=key,
        header=header,
        parameters=words,
        names=source.names,
        clang_flags=clang_flags,
        c_flags=kernel.c_flags,
        folder=kernel.objtree,
    )


def build(bindings: Bindings, bindgen: Bindgen, compiler: CCompiler) -> Path:
    """Return the folder that holds `bindings.rs` and `layout.rs`, making it if it is not there.

    Raises:
        BuildError: bindgen or the C compiler failed.
    """

    def fill(folder: Path) -> None:
        finished = make(bindings, bindgen, compiler, folder)
        (folder / FILE).write_text(finished.text)
        (folder / LAYOUT).write_text(finished.assertions)
        (folder / _NOTES).write_text("".join(f"{note}\n" for note in finished.notes))
        if finished.accessors:
            (folder / _ACCESSORS).write_text(_accessors(finished))

    place = cache.entry("bindings", bindings.key, fill)
    for note in (place / _NOTES).read_text().splitlines():
        console.detail(f"bindings: {note}")
    return place


def make(bindings: Bindings, bindgen: Bindgen, compiler: CCompiler, folder: Path) -> Finished:
    """Have bindgen write bindings, and C's compiler say what is wrong in them.

    Args:
        folder: An empty folder, for the header that includes all and for what the tools make.

    Raises:
        BuildError: bindgen or the C compiler failed.
    """
    header = folder / _HEADER
    header.write_text(bindings.header)
    flags = (*bindings.c_flags, *cflags.OF_A_MODULE)
    text = f'#include "{header}"\n'
    c = C(header=text, compiler=compiler, flags=flags, folder=bindings.folder)
    names = None if bindings.names is None else frozenset(bindings.names)
    # `side_by_side` would stop the sysroot as well, and that would be told in place of what failed.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(ask.preprocess, c, folder, names)
        _bind(bindings, bindgen, folder)
    draft = (folder / FILE).read_text()
    return finish(draft, c, said.result(), folder, wanted=helpers.WANTED, named=names)


def accessors(bindings: Bindings) -> str:
    """Return C that includes what reads and writes the members of opaque structures."""
    file = paths.cache_dir() / "bindings" / bindings.key / _ACCESSORS
    # The headers by their places of now: the entry may have been made where they lay elsewhere.
    return f"""\
#if __has_include("{file}")
#include "{file}"
#ifdef {_ASKED}
{bindings.header}#include "{file}"
#endif
#endif
"""


def _bind(bindings: Bindings, bindgen: Bindgen, folder: Path) -> None:
    doing = "binding the kernel's headers"
    done = process.run(
        [
            bindgen.path, folder / _HEADER, *bindings.arguments, "-o", folder / FILE,
            "--", *bindings.clang_flags, *cflags.OF_A_MODULE,
        ],
        doing=doing,
        env=environment(bindgen),
        cwd=bindings.folder,
        hint="`rkmbuild doctor` says which bindgen goes with which libclang",
    )  # fmt: skip
    if not (folder / FILE).is_file():
        raise process.failed(done, doing=doing, failure=BuildError)


def _accessors(finished: Finished) -> str:
    """Return the header that a module's helpers include twice: the first time to be asked."""
    wanted = [
        line.removeprefix("#ifdef ")
        for line in finished.accessors.splitlines()
        if line.startswith("#ifdef ")
    ]
    asked = " || \\\n".join(f"defined({name})" for name in wanted)
    return f"""\
#ifndef {_ASKED}
#if {asked}
#define {_ASKED}
#endif
#else
{finished.accessors}#endif
"""


def of_crates(bound: Path) -> dict[str, str]:
    """Return the variables by which the crates find the bindings in a folder."""
    return {"RKMBUILD_BINDINGS": str(bound / FILE), "RKMBUILD_LAYOUT": str(bound / LAYOUT)}


def environment(bindgen: Bindgen) -> dict[str, str]:
    """Return bindgen's environment: the libclang that was chosen for it."""
    return tool_environment({"LIBCLANG_PATH": str(bindgen.libclang.parent)})


def includes(headers: Iterable[str], root: Path) -> list[str]:
    """Return the include lines of a project's headers."""
    return [_include(header, root)[0] for header in headers]


def _include(header: str, root: Path) -> tuple[str, str]:
    """Return the include line of a project's header, and the text that a change shows in."""
    # Without `..`, so that modules which share a header share what is built on it.
    file = Path(os.path.normpath(root / header))
    if file.is_file():
        texts = (each.read_text(errors="replace") for each in headers_of.with_included(file))
        return f'#include "{file}"', "\0".join(texts)
    if header.startswith((".", "/")) or any(mark in header for mark in '"<>\n'):
        raise ProjectError(f"[package.metadata.rkmbuild] headers: there is no file {file}")
    return f"#include <{header}>", f"<{header}>"


def rust_target(bindgen: Version, rustc: Version) -> tuple[str, ...]:
    """Return what tells bindgen of an older rustc.

    It writes `unsafe extern` from 0.71 on, which rustc takes from 1.82 on; those before do not know
    these releases of rustc.
    """
    if bindgen < Version(0, 71) or rustc >= Version(1, 82):
        return ()
    return (f"--rust-target={rustc.major}.{rustc.minor}",)


def parameters(file: Path) -> tuple[str, ...]:
    """Read arguments of bindgen, as rust/bindgen_parameters of the kernel has them."""
    lines = (line.strip() for line in file.read_text().splitlines())
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())
