"""Dependencies from git, where the cargo that builds cannot fetch them.

Debian's cargo-web 1.96 fails for every address, since it was built for another libgit2 than the
1.5 that it is linked to. What any other cargo has fetched, it can use.
"""

import re
from pathlib import Path

from rkmbuild.base import console, process, search_path
from rkmbuild.base.errors import BuildError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.project.project import Project
from rkmbuild.project.request import CargoOptions
from rkmbuild.toolchain.parts import Rust

_NO_GIT = "invalid version 0 on git_proxy_options"
_FROM_GIT = re.compile(r"^[^#\n]*\bgit\s*=", re.MULTILINE)


def provide(project: Project, rust: Rust, options: CargoOptions) -> None:
    """See to it that what a project has from git is there, if it has anything from there.

    What else may be wrong with it is left for cargo to say when it builds.

    Raises:
        BuildError: cargo cannot fetch it, and no other cargo is there that can.
    """
    folders = {project.workspace, *project.packages()}
    manifests = (folder / "Cargo.toml" for folder in folders)
    if options.offline or not any(_FROM_GIT.search(each.read_text()) for each in manifests):
        return
    if _NO_GIT not in _fetch(rust.cargo, project, rust, options):
        return
    own = rust.cargo.resolve()
    for cargo in search_path.every(r"cargo(-[\d.]+)?"):
        if cargo.resolve() != own and not _fetch(cargo, project, rust, options):
            console.status("Fetched", f"from git by {cargo}, which {rust.cargo} cannot")
            return
    raise BuildError(
        f"{rust.cargo} cannot fetch from git: it was built for another libgit2 than the one there",
        hint="any other cargo that is in PATH can do it in its place, such as rustup's\n"
        "or give the dependency a path, to a clone or a submodule",
    )


def _fetch(cargo: Path, project: Project, rust: Rust, options: CargoOptions) -> str:
    """Return what a cargo says that cannot fetch, or nothing."""
    manifest = project.root / "Cargo.toml"
    command: list[str | Path] = [cargo, "fetch", "--manifest-path", manifest, "--target", rust.host]
    done = process.run(
        [*command, *(["--locked"] if options.locked else [])],
        doing="fetching from git",
        # A cargo of rustup's is to be there, and not to be installed for this.
        env=tool_environment({"RUSTUP_TOOLCHAIN": None, "RUSTUP_AUTO_INSTALL": "0"}),
        success=range(256),
    )
    return "" if done.returncode == 0 else done.stderr or "it failed"
