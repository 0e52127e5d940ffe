"""The header that says to a project's C what of its Rust it can call, made by cbindgen."""

from pathlib import Path

from rkmbuild.base import cache, files, paths, process
from rkmbuild.base.errors import BuildError
from rkmbuild.project.headers import OWN_CONFIGURATION
from rkmbuild.project.project import Project
from rkmbuild.toolchain.parts import Tool


def folder(work: Path) -> Path:
    """Return the folder that C finds it in, beside the one that kbuild works in."""
    return work.with_name(f"{work.name}-include")


def generate(project: Project, cbindgen: Tool, work: Path) -> BuildError | None:
    """Write the header, unless it is there as it should be.

    cbindgen reads the source by itself, and makes less of an error in it than rustc: what it has
    to say is kept until rustc has found nothing wrong.

    Args:
        work: The folder that kbuild works in.

    Returns:
        Why there is none, or None where there is.
    """
    place = folder(work) / project.metadata.generate_header
    # A single file: for a package, it would have cargo say what that depends on.
    command: list[str | Path] = [cbindgen.path, "--quiet"]
    command += ["--config", _configuration(project)]
    doing = f"making {project.metadata.generate_header} of {project.source.name}"
    with cache.writing(work):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with files.replacing(place, unless_same=True) as draft:  # kbuild goes by its time
                process.run([*command, "--output", draft, project.source], doing=doing)
        except BuildError as error:
            return error
    return None


def _configuration(project: Project) -> Path:
    own = project.root / OWN_CONFIGURATION
    return own if own.is_file() else paths.data("templates") / "header" / OWN_CONFIGURATION
