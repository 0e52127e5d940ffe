"""What the kernel's own build system is given to make a `.ko`: a folder, its files, a command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild import __version__
from rkmbuild.base.errors import ProjectError
from rkmbuild.base.render import render
from rkmbuild.kernel import overlay
from rkmbuild.kernel.tree import Kconfig
from rkmbuild.pipeline import bindings, exports, generated_header, helpers
from rkmbuild.pipeline.api.base import Linkage
from rkmbuild.pipeline.helpers import Helpers
from rkmbuild.pipeline.plain_paths import PlainPaths
from rkmbuild.project.project import Project

# One object of the module's is made from Rust, one from the C helpers of the API, one
# from what the Rust code exports. Their names must not be those of a user's C file.
RUST = "rkmbuild_rust"
HELPERS = "rkmbuild_helpers"
EXPORTS = "rkmbuild_exports"
ARCHIVE = f"{RUST}.a"
BESIDE = f"{RUST}.others"
"""What else the linker is to look into, where the archive is of the crate alone: its arguments."""
JOINED = f"{RUST}.joined"
"""The object in the archive's place, where the crate is linked before kbuild gets it."""
EXTRA = "extra.symvers"
"""What other modules export."""
WAIT = "RKMBUILD_ARCHIVE_FD"
"""The variable of make that says which descriptor to read before the archive is used."""
ENVIRONMENT = "rkmbuild_environment"
"""Where make notes what its commands run in: the folder, and the environment."""
EXPORTED = ".discard.rkmbuild.exports"
"""The section of the Rust object that has the text of its exports."""
KFUNCS = ".discard.rkmbuild.kfuncs"
"""The section of the Rust object that says which functions BPF programs may call."""
_SCRIPT = "rkmbuild.lds"
_BTF = "CONFIG_DEBUG_INFO_BTF_MODULES"


@dataclass(frozen=True, kw_only=True)
class Kbuild:
    """All that kbuild is given.

    Attributes:
        release: The kernel's release.
        folder: Where it builds: the Kbuild, the objects, the module.
        objtree: The overlay's objtree, for `make -C`.
        module: The module's name.
        files: Text of each rendered file, by name.
        variables: Variables of make.
        helpers: The C helpers among the files.
        symvers: Files that say what other external modules export.
        trimmed: Whether the kernel exports only what its own modules use.
        plain: The names under which it sees folders of the project that it cannot work in.
        c_stems: The names of the project's C files, without ending.
        plain_rules: Whether all that is done to compile a C file without exports stands in the
            command that kbuild records for it.
        whole_rules: Whether that holds for what links the module.
        with_c: Whether C is made of the Rust code: helpers, and exports.
    """

    release: str
    folder: Path
    objtree: Path
    module: str
    files: Mapping[str, str]
    variables: Mapping[str, str]
    helpers: Helpers
    symvers: tuple[Path, ...] = ()
    trimmed: bool = False
    plain: PlainPaths
    c_stems: tuple[str, ...] = ()
    plain_rules: bool = False
    whole_rules: bool = False
    with_c: bool = True

    @property
    def objects(self) -> tuple[str, ...]:
        """The objects that the module is made of, by name."""
        made = (HELPERS, EXPORTS) if self.with_c else ()
        return tuple(f"{stem}.o" for stem in (RUST, *made, *self.c_stems))

    def command(self, jobs: int | None = None) -> list[str]:
        """Return the command."""
        return [
            "make", "-C", str(self.objtree), f"M={self.folder}", f"-j{jobs or 2}",
            *(f"{name}={value}" for name, value in self.variables.items()), "modules",
        ]  # fmt: skip


def plan(
    project: Project,
    linkage: Linkage,
    *,
    release: str,
    folder: Path,
    objtree: Path,
    variables: Mapping[str, str],
    tests: bool = False,
    symvers: Sequence[Path] = (),
    config: Kconfig,
) -> Kbuild:
    """Return what kbuild will be given.

    Args:
        linkage: How the Rust code is linked, and with what.
        tests: Whether the module has tests inside.
        symvers: Files that say what other external modules export.
        config: The kernel's configuration.

    Raises:
        ProjectError: kbuild cannot work in this folder, or one of `symvers` cannot be read.
    """
    problem = overlay.unfit_for_make(folder)
    if problem:
        raise ProjectError(
            f"kbuild cannot work in {folder}, a path with {problem}",
            hint="move the project to a folder with a plain name",
        )
    sources = project.metadata.c_sources
    for source in sources:
        if source.stem in (RUST, HELPERS, EXPORTS, project.module):
            whose = "the module itself" if source.stem == project.module else "a part of rkmbuild's"
            raise ProjectError(f"a C file cannot be called {source.name}, as {whose}")
    plain = PlainPaths(folder)
    paths = [plain.file(project.root / source) for source in sources]
    values = {
        "module": project.module, "release": release, "rust": RUST, "helpers": HELPERS,
        "exports": EXPORTS, "kfuncs": KFUNCS, **_of_exports(linkage.export_header),
        "headers": [
            plain.include(line)
            for line in bindings.includes(project.metadata.headers, project.root)
        ],
        "wanted": helpers.WANTED, "wanted_header": helpers.WANTED_HEADER,
        "script": _SCRIPT, "environment": ENVIRONMENT, "exported": EXPORTED,
        "archive": ARCHIVE, "beside": BESIDE, "wait": WAIT, "version": __version__,
        "c_stems": [source.stem for source in sources],
        "include_folders": [
            *sorted({str(path.parent) for path in paths}),
            *([str(generated_header.folder(folder))] if project.metadata.generate_header else []),
        ],
    }  # fmt: skip
    files = {
        "Kbuild": render(linkage.templates / "Kbuild", values),
        _SCRIPT: render(
            linkage.templates / "module.lds",
            {"tests": tests, "constructors": config.on("CONSTRUCTORS")},
        ),
        helpers.HAS_HEADER: linkage.defines,
    }
    if linkage.export_header:
        files[f"{HELPERS}.c"] = linkage.helpers.text
        files[f"{EXPORTS}.c"] = f'#include "{helpers.HAS_HEADER}"\n#include "{EXPORTS}.h"\n'
    for path in paths:
        files[f"{path.stem}.c"] = f'#include "{helpers.HAS_HEADER}"\n#include "{path}"\n'
    if symvers:
        files[EXTRA] = exports.joined(symvers)
        variables = {**variables, exports.VARIABLE: str(folder / EXTRA)}
    return Kbuild(
        release=release,
        folder=folder,
        objtree=objtree,
        module=project.module,
        files=files,
        variables=variables,
        helpers=linkage.helpers,
        symvers=tuple(symvers),
        trimmed=config.on("TRIM_UNUSED_KSYMS"),
        plain=plain,
        c_stems=tuple(source.stem for source in sources),
        with_c=linkage.export_header is not None,
        # What these do to an object stands beside its command (scripts/Makefile.build, 6.1 to 7.3).
        plain_rules=not config.on("TRIM_UNUSED_KSYMS", "FTRACE_MCOUNT_USE_RECORDMCOUNT"),
        # scripts/Makefile.modfinal, 6.1 to 7.3
        whole_rules=not config.on("DEBUG_INFO_BTF_MODULES") or variables.get(_BTF) == "",
    )


def _of_exports(header: Path | None) -> dict[str, str]:
    """Return what a template is told of the files that make C of exports, if that is done."""
    if not header:
        return {}
    return {
        "export_header": str(header),
        "kfuncs_header": str(header.with_name("kfuncs.h")),
        "kfuncs_script": str(header.with_name("kfuncs.awk")),
    }
