"""Checks of what modules are built for and where they run: kernels, their images, KVM."""

import contextlib
import os
from collections.abc import Iterator

from rkmbuild.base import console
from rkmbuild.base.errors import FetchError, KernelError, RkmbuildError
from rkmbuild.distro import distribution, offer, packages, sources
from rkmbuild.doctor.table import Check, State, Use
from rkmbuild.guest import accel, boot
from rkmbuild.kernel import companions, fetched_kernel, find
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import qemu
from rkmbuild.toolchain.parts import PassedOver

# The series of Debian 13, which Debian 12 offers as well.
_FAVOURITE = "6.12"


def kernels() -> tuple[list[KernelTree], list[Check]]:
    """Return the kernels that can be built for, and the checks of them and of their images."""
    survey = find.survey()
    passed_over = [PassedOver(str(path), why.message) for path, why in survey.passed_over]
    if not survey.kernels:
        repair = _repair()
        nothing = Check(
            part="kernel",
            use=Use.BUILD,
            state=State.UNFIT if passed_over else State.MISSING,
            remark="no kernel to build for was found",
            passed_over=passed_over,
            repair=repair,
        )
        return [], [nothing, _image([])]
    releases = ", ".join(tree.release for tree in survey.kernels)
    try:
        default = find.select(None)
    except KernelError as error:
        chosen, remark = survey.kernels[0], f"{error.message}; for `--kernel`: {releases}"
    else:
        chosen, remark = default, f"{default.origin}; all: {releases}"
    found = Check(
        part="kernel",
        use=Use.BUILD,
        state=State.OK,
        version=str(chosen.version),
        path=str(chosen.build),
        remark=remark,
        passed_over=passed_over,
    )
    return survey.kernels, [found, *_tools(survey.kernels), _image(survey.kernels)]


def virtualisation(trees: list[KernelTree]) -> Check:
    """Say whether guests run under KVM; a kernel is booted to find out where that is not known."""
    try:
        emulator, _ = qemu.choose()
        found = accel.choose(emulator)
        if not found.proven:
            tree = next((tree for tree in trees if tree.image), None)
            if tree is None:
                return _kvm(State.NOTE, f"{found.reason}: there is no kernel to try it with")
            with console.step("Trying", f"whether {tree.release} boots under KVM"):
                boot.boot(tree, files={}, script=["true"])
            found = accel.choose(emulator)
    except RkmbuildError as error:
        return _kvm(State.NOTE, error.message.partition("\n")[0].rstrip(":"))
    if found.name == "kvm":
        return _kvm(State.OK, found.reason)
    return _kvm(State.NOTE, f"{found.reason}; guests run under TCG, which is slower")


def _tools(trees: list[KernelTree]) -> Iterator[Check]:
    """Give a check for each kernel with tools that are for a newer machine than this one."""
    for tree in trees:
        try:
            unfit = companions.unfit(tree.build)
        except RkmbuildError:
            continue
        needed = {
            tool.name.partition(".")[0]: why
            for tool, why in unfit.items()
            if companions.is_needed(tool)
        }
        if not needed:
            continue
        what = f"{', '.join(sorted(needed))} of {tree.release}"
        lacks = ", ".join(sorted(set(needed.values())))
        there = tree.companions is not None
        yield Check(
            part="kernel tools",
            use=Use.BUILD,
            state=State.OK if there else State.UNFIT,
            required=False,
            path=str(tree.companions or ""),
            remark=f"{what} run by the loader fetched with them"
            if there
            else f"{what} do not run here: they need {lacks}",
            repair=() if there else _fetch_again(tree),
        )


def _fetch_again(tree: KernelTree) -> tuple[str, ...]:
    """Return the command that fetches a kernel from where it was fetched before."""
    kernel = fetched_kernel.of_tree(tree.build)
    if kernel and kernel.is_built:
        return ("rkmbuild", "kernel", "remove", tree.release)
    suite = ("--suite", kernel.suite) if kernel and kernel.suite else ()
    return ("rkmbuild", "kernel", "fetch", tree.release, *suite)


def _kvm(state: State, remark: str) -> Check:
    path = str(accel.DEVICE) if accel.DEVICE.exists() else ""
    return Check(part="KVM", use=Use.RUN, state=state, required=False, path=path, remark=remark)


def _image(trees: list[KernelTree]) -> Check:
    for tree in trees:
        if tree.image:
            return Check(
                part="kernel image",
                use=Use.RUN,
                state=State.OK,
                version=str(tree.version),
                path=str(tree.image),
            )
    return Check(
        part="kernel image",
        use=Use.RUN,
        state=State.MISSING,
        remark="no kernel here has an image to boot",
        repair=_repair(),
    )


def _repair() -> tuple[str, ...]:
    """Return the command that gets a kernel to build for, and to boot where apt can give it."""
    if not distribution.has_apt():
        command = distribution.headers_command(os.uname().release)
        return packages.as_root(command.split()) if command else ()
    return ("rkmbuild", "kernel", "fetch", _series())


def _series() -> str:
    with contextlib.suppress(FetchError):
        source = sources.of_this_machine()
        for series in (_FAVOURITE, None):
            with contextlib.suppress(FetchError):
                return offer.series_of(offer.choose(source, series).release)
    return _FAVOURITE
