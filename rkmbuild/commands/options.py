"""Options that several commands share, so that they read and mean the same everywhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rkmbuild.base.errors import UsageError


def _kernel(purpose: str, default: str) -> Any:  # noqa: ANN401 - as typer.Option itself
    known = "a release, a unique part of one, an added one's name, or a path to its tree"
    return typer.Option(
        "--kernel", "-k", metavar="RELEASE", help=f"{purpose}: {known}.", show_default=default
    )


Kernel = Annotated[str | None, _kernel("Kernel to build for", "the running one")]
KernelToJudgeFor = Annotated[
    str | None, _kernel("Kernel to judge for", "the running one, or the one that the module is for")
]
KernelOfExports = Annotated[
    str | None, _kernel("Kernel whose exports count", "the one that the module is for")
]
KernelToRun = Annotated[
    str | None, _kernel("Kernel to boot", "the one that the module is for, or the running one")
]
KernelOfCrate = Annotated[
    str | None, _kernel("With `--api upstream`, the kernel whose crate it is for", "a new one")
]
KernelToShow = Annotated[
    str | None, _kernel("Kernel to build for and to boot", "one of this machine, or a fetched one")
]
Image = Annotated[
    Path | None,
    typer.Option(
        "--image",
        metavar="FILE",
        help="Its image to boot, of the very same build.",
        show_default="the one found with it",
    ),
]
Append = Annotated[
    list[str] | None,
    typer.Option(
        "--append",
        metavar="WORDS",
        help="Add this to the command line of the machine's kernel, as slub_debug=FZPU; may be "
        "given several times.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
Raw = Annotated[
    bool, typer.Option("--raw", help="Show the kernel's lines only, without decoding its traces.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Project = Annotated[
    Path,
    typer.Argument(metavar="[PATH]", help="Folder of the module project.", show_default="."),
]
Source = Annotated[
    Path,
    typer.Argument(
        metavar="[PATH|FILE.rs]",
        help="Folder of the module project, or with a Kbuild or Makefile; or one file in Rust.",
        show_default=".",
    ),
]
Toolchain = Annotated[
    str | None,
    typer.Option(
        "--toolchain",
        metavar="NAME",
        help="Rust toolchain to use: a rustup name, or a path to rustc.",
        show_default="the best one found",
    ),
]
Packages = Annotated[
    list[str] | None,
    typer.Option(
        "--package",
        "-p",
        metavar="NAME",
        help="Take this module of a workspace; may be given several times.",
        show_default="all of them",
    ),
]
Package = Annotated[
    str | None,
    typer.Option(
        "--package",
        "-p",
        metavar="NAME",
        help="Which module of a workspace.",
        show_default="the one that no other one uses",
    ),
]
Suite = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A suite of the distribution's archive: sid, trixie-backports.",
        show_default="what this machine's packages come from",
    ),
]
AllowExpired = Annotated[
    bool,
    typer.Option(
        "--allow-expired", help="Take a suite whose Release file is expired, as of an old copy."
    ),
]


def expired_without_suite() -> "UsageError":
    """Return the error for --allow-expired where no suite is named."""
    from rkmbuild.base.errors import UsageError

    return UsageError(
        "--allow-expired goes with --suite",
        hint="lists of the machine's own are as old as the last `apt-get update`",
    )
