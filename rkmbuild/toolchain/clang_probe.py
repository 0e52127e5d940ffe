"""Clang, or libclang behind bindgen, asked what it thinks of compiler flags."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache, files, process
from rkmbuild.base.errors import ToolchainError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.toolchain.parts import Bindgen

# `clang: error: unknown argument: '-x'`, `error: unknown warning option …`, and what bindgen makes
# of them: `clang diag: warning: …`, `clang diagnosed error: error: …`, and in 0.60 one line of
# panic that holds several, with the two characters \n between them.
_OBJECTION = re.compile(r"\b(?:(?:error|warning): )+(?P<text>.+?)(?: \[-W[^\]]*\])?$")


@dataclass(frozen=True)
class ClangProbe:
    """A clang command."""

    path: Path

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.path.name

    @property
    def identity(self) -> object:
        """Its file: a package of another version brings another one."""
        return [files.named_stamp(self.path.resolve())]

    def __call__(self, flags: Sequence[str]) -> list[str]:
        """Return what it says of `flags` when it compiles an empty file."""
        # Compiled, not only parsed: some flags are objected to by the code generator alone.
        return _objections(
            [self.path, *flags, "-x", "c", "-c", "-o", "/dev/null", "/dev/null"], {}, self.name
        )


@dataclass(frozen=True)
class BindgenProbe:
    """A libclang, asked through the bindgen that will use it; a clang command may not be there.

    Attributes:
        bindgen: The pair.
    """

    bindgen: Bindgen

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"bindgen with libclang {self.bindgen.libclang_version}"

    @property
    def identity(self) -> object:
        """Its two files."""
        both = self.bindgen.path, self.bindgen.libclang
        return [files.named_stamp(path.resolve()) for path in both]

    def __call__(self, flags: Sequence[str]) -> list[str]:
        """Return what it says of `flags` when it reads an empty header."""
        with cache.temporary() as folder:
            header = folder / "empty.h"
            header.touch()
            # It would start clang to ask where headers are, and none is read.
            command = (self.bindgen.path, header, "--no-include-path-detection")
            return _objections(
                [*command, "-o", folder / "empty.rs", "--", *flags],
                {
                    # A file's path picks that very library where a folder may hold several.
                    "LIBCLANG_PATH": str(self.bindgen.libclang),
                    "RUST_BACKTRACE": "0",
                    # Nobody reads what it writes, and a rustfmt in PATH that is rustup's, without a
                    # toolchain, prints an error of its own.
                    "RUSTFMT": "true",
                },
                self.name,
            )


def _objections(
    command: Sequence[str | Path], extra: dict[str, str | None], name: str
) -> list[str]:
    done = process.run(
        command,
        doing=f"asking {name} which of the kernel's compiler flags it has",
        env=tool_environment({"LC_ALL": "C", **extra}),
        success=range(256),
        timeout=60,
        failure=ToolchainError,
    )
    said = objections(done.stderr)
    if not said and done.returncode != 0:
        # LLVM's own option parser, behind -mllvm, has another form of message.
        said = [line for line in done.stderr.splitlines() if line.strip()][:1]
        said = said or [f"exit status {done.returncode} and no word"]
    return said


def objections(stderr: str) -> list[str]:
    """Return the errors and warnings in what clang or bindgen printed, without their prefixes."""
    lines = stderr.replace("\\n", "\n").splitlines()
    return [found["text"] for line in lines if (found := _OBJECTION.search(line))]
