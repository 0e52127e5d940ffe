"""Takes a kernel that lies anywhere for good: a build of one's own, WSL2's, Yocto's, NixOS'."""

from pathlib import Path

from rkmbuild.base import files, paths
from rkmbuild.base.errors import KernelError, UsageError
from rkmbuild.kernel import added_kernels, candidates, completeness, detect, images
from rkmbuild.kernel.added_kernels import AddedKernel
from rkmbuild.kernel.fetched_kernel import BUILT, KIND
from rkmbuild.kernel.tree import KernelTree


def add(
    path: Path, *, image: Path | None = None, modules: Path | None = None, name: str | None = None
) -> KernelTree:
    """Remember the kernel at `path`, once it is known that it can be built for.

    Args:
        path: Its tree, its lib/modules/RELEASE, or a folder below which it was unpacked as a
            machine's root has it.
        image: Its image to boot, where that is not found with it.
        modules: Its modules: lib/modules/RELEASE, or a root folder with it.
        name: A name to choose it by, beside its release.

    Raises:
        KernelError: there is no kernel, or it cannot be built for; the image is of another one.
        UsageError: the name is none.
        StorageError: it cannot be remembered.
    """
    if name is not None and (not name or "/" in name or name != name.strip()):
        raise UsageError(
            f"{name!r} cannot be the name of a kernel", hint="a name is a word without a slash"
        )
    build, root = _tree(path)
    if any(build.is_relative_to((paths.cache_dir() / kind).resolve()) for kind in (KIND, BUILT)):
        raise KernelError(
            f"{build} is in rkmbuild's cache, which `rkmbuild clean` empties",
            hint="it was fetched or built, and is known already: `rkmbuild kernel list`",
        )
    kernel = AddedKernel(
        build=build,
        release=detect.read_release(build),
        name=name,
        root=root,
        image=images.named(image) if image else None,
        modules=_modules(modules, detect.read_release(build)) if modules else None,
    )
    tree = candidates.Candidate.of_added(kernel).read()
    completeness.check_exports(tree)
    if image and tree.image:
        images.check_release(tree.image, tree.release)
    added_kernels.add(kernel)
    return tree


def _tree(path: Path) -> tuple[Path, Path | None]:
    """Return the objtree that `path` means, and the root folder where it was unpacked below one."""
    try:
        build = detect.build_folder(path)
    except OSError as error:
        raise detect.unreadable(error) from None
    if detect.is_objtree(build):
        return build, None
    found = candidates.below(path)
    if len(found) > 1:
        raise KernelError(
            f"{path} has {len(found)} kernels: {', '.join(str(each) for each in found)}",
            hint="name one of these folders",
        )
    if found:
        return found[0], path.resolve()
    return build, None  # reading it says what it lacks


def _modules(folder: Path, release: str) -> Path:
    places = [folder, folder / release]
    places += [folder / lib / "modules" / release for lib in ("lib", "usr/lib")]
    for place in places:
        if files.is_folder(place / "kernel") or files.is_file(place / "modules.dep"):
            return place.resolve()
    raise KernelError(
        f"{folder} has no modules of {release}",
        hint="--modules names lib/modules/RELEASE, or the root folder that it lies in",
    )
