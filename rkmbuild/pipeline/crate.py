"""The user's crate: cargo builds it to a library, on what the API provides."""

import contextlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.base.errors import BuildError
from rkmbuild.pipeline import profiles
from rkmbuild.pipeline.api.base import Provided
from rkmbuild.project import git_sources
from rkmbuild.project.project import Project
from rkmbuild.project.request import CargoOptions
from rkmbuild.toolchain import cargo
from rkmbuild.toolchain.parts import Rust
from rkmbuild.toolchain.rust_facts import RustFacts

_NO_STD = re.compile(r"^\s*#!\s*\[[^]]*\bno_std\b", re.MULTILINE)
_ATTRIBUTE = "-Zcrate-attr=no_std"


@dataclass(frozen=True)
class Library:
    """A library that cargo made.

    Attributes:
        archive: The library: all of the Rust code, or the crate alone.
        dep_info: cargo's list of all files that it was made from, in the form of make.
        native: Crates with code that is not Rust, each with a folder in which its build script
            has the linker look for libraries.
        wanted: Libraries that build scripts ask for and that are not linked into ours, each with
            the crate.
        dependencies: The libraries of the crates that it is built on, where the archive is the
            crate's alone.
    """

    archive: Path
    dep_info: Path
    native: tuple[tuple[str, Path], ...]
    wanted: tuple[tuple[str, str], ...] = ()
    dependencies: tuple[Path, ...] = ()


def build(
    project: Project,
    rust: Rust,
    facts: RustFacts,
    *,
    provided: Provided,
    folder: Path,
    flags: Sequence[str],
    scripts: Mapping[str, str],
    options: CargoOptions,
    quiet: bool,
    hint: Callable[[], str | None] = lambda: None,
) -> Library:
    """Build the crate and return its library.

    cargo's messages go to standard error as they come, untouched.

    Args:
        provided: What it is built on.
        folder: The folder that cargo builds in.
        flags: Arguments of rustc for code of the target.
        scripts: Variables for build scripts.
        quiet: Whether cargo says only what went wrong.
        hint: What gives what may help where it is this crate that does not compile.

    Raises:
        BuildError: cargo failed; it has said why.
    """
    git_sources.provide(project, rust, options)
    target = provided.target
    env = {**cargo.environment(rust, flags), **scripts, **provided.environment}
    # Procedural macros and build scripts, which run on this machine, are then built once for all
    # kernels. cargo knows of it from 1.91 on.
    env["CARGO_BUILD_BUILD_DIR"] = str(project.target / "cargo")
    # The user's configuration may have the files in cargo's dep-info relative to some folder, and
    # what is built is then looked for where it is not. Nothing lies below this one.
    env["CARGO_BUILD_DEP_INFO_BASEDIR"] = str(project.target / "no-such-folder")

    def command(*words: str) -> list[str | Path]:
        return [
            rust.cargo, "rustc", "--lib", "--package", project.package,
            *(("--crate-type", provided.kind) if provided.kind else ()),
            "--manifest-path", project.root / "Cargo.toml", "--target-dir", folder, *words,
            *cargo.target_arguments(facts, target), *options.arguments(),
            *profiles.arguments(
                project, options.profile, provided.profile, provided.fixed
            ),
            "--", *_own(provided, project.source),
        ]  # fmt: skip

    shown = ("--message-format", "json-render-diagnostics")
    hushed = ("--quiet",) if quiet else ()
    doing = f"building {project.package}"
    done = process.run(
        command(*shown, *hushed),
        doing=doing,
        env=env,
        cwd=project.root,
        show=True,
        success=range(256),
    )
    if done.returncode == 0:
        return library(done.stdout, project, target.stem)
    # Only a failure needs them.
    from rkmbuild.pipeline import diagnose  # noqa: PLC0415
    from rkmbuild.project import dependencies  # noqa: PLC0415

    # cargo has told the user all that it knows; its standard output is for programs.
    message, why, own = f"cargo could not build {project.package}", None, False
    with contextlib.suppress(BuildError):
        graph = dependencies.load(project, rust, facts, target, options)
        own = diagnose.built_all(graph, done.stdout)
        if not own:
            again = command("--message-format", "json", "--keep-going")
            why = diagnose.explain(graph, again, env=env, cwd=project.root)
    if why:
        raise BuildError(f"{message}: {why[0]}", hint=why[1])
    raise BuildError(message, hint=hint() if own else None)


def _own(provided: Provided, source: Path) -> list[str]:
    """Return the arguments of rustc for this one crate, with what it does not say itself.

    The kernel's build gives each crate `#![no_std]` (scripts/Makefile.build, since Linux 6.1), so
    that crates in the tree do not say it; where it stands twice, rustc warns.
    """
    own = [flag for flag in provided.own if flag != _ATTRIBUTE]
    try:
        text = source.read_text(errors="replace")
    except OSError:
        return own  # cargo says it better
    return own if _NO_STD.search(text) else [*own, _ATTRIBUTE]


def library(messages: str, project: Project, target: str = "") -> Library:
    """Return the library that cargo tells of, as JSON, with what build scripts say of others.

    Args:
        messages: What cargo printed for programs.
        project: Whose library it is.
        target: The target's name, which is also that of the folder that cargo builds for it in.

    Raises:
        BuildError: it tells of none.
    """
    native: list[tuple[str, Path]] = []
    wanted: list[tuple[str, str]] = []
    crates: list[Path] = []
    for line in messages.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") == "build-script-executed":
            name = _crate_name(message["package_id"])
            if not message["linked_libs"] and not message["linked_paths"]:
                continue
            folders = [message["out_dir"], *map(_folder, message["linked_paths"])]
            native += [(name, Path(folder)) for folder in dict.fromkeys(folders)]
            wanted += [(name, lib) for lib in message["linked_libs"] if not _is_static(lib)]
        if message.get("reason") != "compiler-artifact":
            continue
        made = [Path(name) for name in message["filenames"]]
        libraries = [file for file in made if file.suffix in (".a", ".rlib")]
        if Path(message["manifest_path"]) != project.root.resolve() / "Cargo.toml":
            # Those for procedural macros and build scripts are not in <target>/<profile>/deps.
            crates += [file for file in libraries if file.parts[-4:-3] == (target,)]
            continue
        for archive in libraries:
            beside = () if archive.suffix == ".a" else tuple(crates)
            dep_info = archive.with_suffix(".d")
            return Library(archive, dep_info, tuple(native), tuple(wanted), beside)
    raise BuildError(f"cargo built {project.package}, but named no static library")


def _folder(linked: str) -> str:
    """Return the folder in what a build script says of `rustc-link-search`: `native=/x`."""
    kind, _, folder = linked.partition("=")
    return folder if kind in ("native", "dependency", "crate", "framework", "all") else linked


def _is_static(linked: str) -> bool:
    """Tell whether what a build script says of `rustc-link-lib` is put into ours: `static=x`."""
    kind, _, how = linked.partition("=")[0].partition(":")
    return kind == "static" and "-bundle" not in how


def _crate_name(package: str) -> str:
    """Return the name in a package's id: `…#name@version`, or `…/name#version`."""
    place, _, named = package.rpartition("#")
    name = named.partition("@")[0] if "@" in named else place.rpartition("/")[2]
    return name.replace("-", "_")
