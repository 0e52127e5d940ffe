"""`rkmbuild kernel build-debug`: a kernel with the kernel's own checks in it."""

from typing import Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import kernel_prepare, options


def build_debug(
    series: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SERIES",
            help="Whose source to take: 6.12.",
            show_default="the newest that the distribution has",
        ),
    ] = None,
    with_: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="NAMES",
            help="What is in it, between commas: kasan, lockdep, objects, kmemleak, ubsan, kcsan, "
            "kcov.",
            show_default="the first five",
        ),
    ] = None,
    suite: options.Suite = None,
    allow_expired: options.AllowExpired = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            help="How many compilers may run at once.",
            show_default="as many as there are processors",
        ),
    ] = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Build a small kernel that checks memory, locks and objects, for modules to be tried on.

    It takes some minutes, once; `--kernel 6.12-debug` builds for it and boots it from then on.
    """
    from rkmbuild.kernel import debug_kernel

    console.configure(quiet=quiet, as_json=as_json)
    those = debug_kernel.features(with_)
    if allow_expired and not suite:
        raise options.expired_without_suite()
    tree = debug_kernel.build(series, those, suite=suite, allow_expired=allow_expired, jobs=jobs)
    if as_json:
        console.result(kernel_prepare.document(tree))
    else:
        console.note(f"`--kernel {tree.name}` builds for it; it is in {tree.build}")
