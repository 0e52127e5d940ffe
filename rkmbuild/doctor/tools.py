"""Checks of the toolchain: each part as the build itself would choose it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rkmbuild.base import search_path
from rkmbuild.base.errors import ToolchainError, WantedPart
from rkmbuild.distro import packages
from rkmbuild.doctor.table import Check, State, Use
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler
from rkmbuild.toolchain import bindgen, binutils, cc, programs, qemu, rust, rust_extras
from rkmbuild.toolchain.parts import PassedOver, Rust, Tool, Version
from rkmbuild.toolchain.unusable import UnusablePartError

# Programs that only the tests start, each with the part that it belongs to.
_OF_THE_TESTS = {
    "bsdtar": "bsdtar",
    "createrepo_c": "createrepo",
    "git": "git",
    "gpg": "gnupg",
    "lz4": "lz4",
    "ps": "procps",
    "rpmbuild": "rpmbuild",
    "shellcheck": "shellcheck",
    "sudo": "sudo",
    "xz": "xz",
    "zstd": "zstd",
}


def toolchain(
    trees: Iterable[KernelTree],
    least_clang: Version,
    *,
    develop: bool = False,
    toolchain: str | None = None,
) -> list[Check]:
    """Check every part of the toolchain.

    Args:
        trees: The kernels at hand, whose own compilers are looked for.
        least_clang: The oldest clang that can build for all of them.
        develop: Also check what this project's own tests need.
        toolchain: The Rust toolchain asked for.
    """
    each = {tree.compiler.text + str(tree.companions): tree for tree in trees}
    own = [_own_compiler(each[text]) for text in sorted(each)]
    found = [
        *_guarded("rustc", Use.BUILD, lambda: _rust(toolchain)),
        *_guarded("bindgen", Use.BUILD, _bindgen),
        *_guarded("cc", Use.BUILD, _host_compiler),
        *own,
        *_clang(least_clang, required=develop or any(check.state is not State.OK for check in own)),
        *_guarded("ld", Use.BUILD, lambda: _tool(binutils.linker())),
        *_guarded("objcopy", Use.BUILD, lambda: _tool(binutils.objcopy())),
        *_guarded("make", Use.BUILD, lambda: _tool(binutils.make())),
        *_cbindgen(required=develop),
        *_guarded("qemu", Use.RUN, lambda: _tool(*qemu.choose(), use=Use.RUN)),
        *_guarded("busybox", Use.RUN, lambda: _tool(qemu.busybox(), use=Use.RUN)),
        *_guarded("kmod", Use.LOAD, lambda: _program("insmod", "kmod", Use.LOAD)),
    ]
    if develop:
        found += _guarded(rust_extras.PART, Use.DEVELOP, lambda: _rust_extras(toolchain))
        for name, part in _OF_THE_TESTS.items():
            probe = partial(_program, name, part, Use.DEVELOP)
            found += _guarded(part, Use.DEVELOP, probe)
    return found


def _guarded(part: str, use: Use, probe: Callable[[], list[Check]]) -> list[Check]:
    """Return what `probe` gives, or the check that says why it could not."""
    try:
        return probe()
    except UnusablePartError as error:
        return [
            Check(
                part=part,
                use=use,
                state=State.UNFIT if error.passed_over else State.MISSING,
                remark=error.message.partition("\n")[0].rstrip(":"),
                passed_over=error.passed_over,
                packages=packages.packages(error.wanted.part),
                repair=packages.repair(error.wanted) or (),
            )
        ]
    except ToolchainError as error:
        return [Check(part=part, use=use, state=State.UNFIT, remark=error.message)]


def _rust(toolchain: str | None) -> list[Check]:
    chosen, passed_over = rust.choose(toolchain)
    crates = "" if chosen.vendored else "; core's own crates come from crates.io"
    return [
        _found(
            "rustc",
            chosen.rustc,
            chosen.version,
            remark=f"{chosen.origin}; library source in {chosen.library}{crates}",
            passed_over=passed_over,
        ),
        _found("cargo", chosen.cargo, _release(chosen)),
    ]


def _bindgen() -> list[Check]:
    pair, passed_over = bindgen.choose()
    return [
        _found("bindgen", pair.path, pair.version, passed_over=passed_over),
        _found(
            "libclang",
            pair.libclang,
            pair.libclang_version,
            remark=f"tried with bindgen {pair.version}",
        ),
    ]


def _host_compiler() -> list[Check]:
    # rustc links build scripts and procedural macros, which run here, through `cc`.
    found = cc.find_compiler("cc")
    if not found:
        raise UnusablePartError(
            "cc, which rustc links with, was not found", wanted=WantedPart("cc")
        )
    remark = f"{found.kind}; links procedural macros and build scripts"
    return [_found("cc", found.path, found.version, remark=remark)]


def _own_compiler(tree: KernelTree) -> Check:
    command = tree.compiler.command
    try:
        if tree.compiler.kind == "gcc":
            found = c_compiler.own(tree)
            if found and found.same_major:
                compiler, why = found.compiler, found.why
                return _found(command, compiler.path, compiler.version, remark=why)
        elif same := cc.find_compiler(command):
            return _found(command, same.path, same.version, remark="built the kernel at hand")
    except ToolchainError as error:
        remark = error.message
    else:
        remark = "built the kernel at hand; clang is used instead"
    return Check(
        part=command,
        use=Use.BUILD,
        state=State.MISSING,
        required=False,
        remark=remark,
        packages=packages.packages(command),
    )


def _clang(oldest: Version, *, required: bool) -> list[Check]:
    def probe() -> list[Check]:
        found, passed_over = cc.choose_clang(oldest)
        return [_found("clang", found.path, found.version, passed_over=passed_over)]

    checks = _guarded("clang", Use.BUILD, probe)
    if required:
        return checks
    # Where the kernel's own compiler is there, clang is a matter of taste.
    return [_optional(check, "`--cc clang`") for check in checks]


def _cbindgen(*, required: bool) -> list[Check]:
    probe = partial(programs.require, "cbindgen", part="cbindgen")
    checks = _guarded("cbindgen", Use.BUILD, lambda: _tool(probe()))
    return checks if required else [_optional(check, "`generate-header`") for check in checks]


def _optional(check: Check, user: str) -> Check:
    remark = check.remark if check.state is State.OK else f"only {user} needs it"
    return replace(check, required=False, remark=remark)


def _tool(
    tool: Tool, passed_over: Iterable[PassedOver] = (), *, use: Use = Use.BUILD
) -> list[Check]:
    part = "qemu" if tool.name.startswith("qemu-system-") else tool.name
    return [_found(part, tool.path, tool.version, use=use, passed_over=tuple(passed_over))]


def _program(name: str, part: str, use: Use) -> list[Check]:
    path = search_path.named(name)
    if not path:
        raise UnusablePartError(f"{name} was not found", wanted=WantedPart(part))
    return [_found(part, path, use=use)]


def _rust_extras(toolchain: str | None) -> list[Check]:
    try:
        chosen, _ = rust.choose(toolchain)
    except UnusablePartError:
        raise UnusablePartError(
            "there is no rustc that they could belong to", wanted=WantedPart(rust_extras.PART)
        ) from None
    found = rust_extras.beside(chosen)
    return [_found(rust_extras.PART, found.rustfmt, _release(chosen), use=Use.DEVELOP)]


def _release(toolchain: Rust) -> str:
    return f"{toolchain.version.major}.{toolchain.version.minor}"


def _found(
    part: str,
    path: Path,
    version: Version | str = "",
    *,
    use: Use = Use.BUILD,
    remark: str = "",
    passed_over: Sequence[PassedOver] = (),
) -> Check:
    return Check(
        part=part,
        use=use,
        state=State.OK,
        version=str(version),
        path=str(path),
        remark=remark,
        passed_over=passed_over,
    )
