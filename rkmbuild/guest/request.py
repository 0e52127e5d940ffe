"""Which module `run` is asked for, and in which kernel: a project is built first."""

from pathlib import Path

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.kernel import find, images
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import modinfo
from rkmbuild.project import kbuild_source

_MODULE_ENDINGS = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")


def module(
    path: Path,
    package: str | None = None,
    kernel: str | None = None,
    image: Path | None = None,
) -> tuple[Path, KernelTree]:
    """Return the file of a module and the kernel to run it in.

    Args:
        path: The file itself, or the folder of a project or a workspace; or what is built without
            a Cargo.toml.
        package: Which of the workspace's.
        kernel: As `find.select` takes it; without it the one that a file was built for, and the
            running one for a project.
        image: What to boot in place of the kernel's own image.

    Raises:
        NotAModuleError: a file is no module, or does not say what kernel it is for.
        ProjectError, KernelError, and others of a build.
    """
    if image:
        images.named(image)  # before anything is built
    ko, tree = _module(path, package, kernel)
    return ko, images.with_image(tree, image) if image else tree


def _module(path: Path, package: str | None, kernel: str | None) -> tuple[Path, KernelTree]:
    source = None if path.name.endswith(_MODULE_ENDINGS) else kbuild_source.find(path)
    if source:
        from rkmbuild.pipeline.api.upstream import by_kbuild  # noqa: PLC0415
        from rkmbuild.project.request import BuildRequest  # noqa: PLC0415

        asked = BuildRequest(path=path.absolute(), kernel=kernel)
        made = by_kbuild.build_one(asked, source, package)
        return made.module, made.tree
    if path.name.endswith(_MODULE_ENDINGS) or path.is_file():
        release = modinfo.read(path).release
        if not (kernel or release):
            raise NotAModuleError(
                f"{path} does not say what kernel it is for", hint="--kernel names one"
            )
        return path, find.select(kernel or release)
    # A finished module is run without what builds one.
    from rkmbuild.pipeline import pipeline  # noqa: PLC0415
    from rkmbuild.project import selection  # noqa: PLC0415

    root = selection.select_one(path, package).root
    result = pipeline.build(pipeline.BuildRequest(path=root, kernel=kernel))
    return result.module, result.tree
