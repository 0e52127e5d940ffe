"""Every failure that a user can meet: its class, its exit code, and what to do about it.

Functions raise these; only `rkmbuild.cli.main` turns one into a message and an exit status.
The codes are listed in docs/exit-codes.md and do not change their meaning.
"""

from typing import Any, ClassVar, NamedTuple


class WantedPart(NamedTuple):
    """A part of the toolchain for want of which something failed.

    Which package gives it is known to `rkmbuild.distro.packages`, which lies above the rooms that
    fail: it makes the words of this where the failure is shown.

    Attributes:
        part: Its name in the table of packages, or a compiler's command.
        repair: A command, run as this user, that repairs what is there; None where none is known.
        packages_first: Whether packages are better than `repair`, where the distribution has some.
    """

    part: str
    repair: tuple[str, ...] | None = None
    packages_first: bool = False


class RkmbuildError(Exception):
    """A failure with a message for the user.

    Attributes:
        code: Exit status of the process.
        kind: Stable word for the failure, the `error.kind` of `--json`.
        hint: What the user can do, or None where the message says it all.
        output: What a failed tool printed, shown before the message; empty where it was shown.
        wanted: The part of the toolchain that would end it; None where it is no such failure.
    """

    code: ClassVar[int] = 1
    kind: ClassVar[str] = "internal"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        output: str = "",
        wanted: WantedPart | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.output = output
        self.wanted = wanted

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it, under `error`."""
        return {
            "kind": self.kind,
            "message": self.message,
            "hint": self.hint,
            "exit_code": self.code,
        }


class UsageError(RkmbuildError):
    """The options and arguments on the command line do not go together."""

    code = 2
    kind = "usage"


class ProjectError(RkmbuildError):
    """The folder is no module project, or its Cargo.toml is not valid for one."""

    code = 3
    kind = "project"


class KernelError(RkmbuildError):
    """No such kernel, or its tree does not have what a module build needs."""

    code = 4
    kind = "kernel"


class ToolchainError(RkmbuildError):
    """A tool is missing, too old, or does not work with another one."""

    code = 5
    kind = "toolchain"


class BuildError(RkmbuildError):
    """A tool ran and failed: rustc, cargo, bindgen, the C compiler, objtool, modpost, git."""

    code = 6
    kind = "build"


class StorageError(RkmbuildError):
    """A file or folder of ours could not be written: no space, read-only, no permission."""

    code = 7
    kind = "storage"


class FetchError(RkmbuildError):
    """The distribution's package manager could not give what was asked of it."""

    code = 8
    kind = "fetch"


class ArchiveError(RkmbuildError):
    """The file is no archive of the cache, is damaged, or is not the one that was asked for."""

    code = 9
    kind = "archive"


class MachineError(RkmbuildError):
    """The virtual machine could not be started: no emulator, no image to boot."""

    code = 20
    kind = "machine"


class RefusedInGuestError(RkmbuildError):
    """The guest's kernel refused to load or to unload the module."""

    code = 21
    kind = "refused-in-guest"


class CrashedError(RkmbuildError):
    """The module's kernel met an oops, a BUG or a panic, or reported corrupted memory or a bug."""

    code = 22
    kind = "crashed"


class HangError(RkmbuildError):
    """The guest timed out."""

    code = 23
    kind = "hang"


class TestsFailedError(RkmbuildError):
    """Tests of the project ran, and some did not pass."""

    code = 24
    kind = "tests-failed"


class PermissionDeniedError(RkmbuildError):
    """Permission denied: the step needs root, or a right that root does not have here."""

    code = 30
    kind = "permission"


class NotAModuleError(RkmbuildError):
    """The file is not a kernel module."""

    code = 31
    kind = "not-a-module"


class MismatchError(RkmbuildError):
    """The module was built for another kernel or machine."""

    code = 32
    kind = "mismatch"


class AlreadyLoadedError(RkmbuildError):
    """A module of this name is already loaded."""

    code = 33
    kind = "already-loaded"


class NotLoadedError(RkmbuildError):
    """No module of this name is loaded."""

    code = 34
    kind = "not-loaded"


class InUseError(RkmbuildError):
    """The module is in use, by another module or by an open file."""

    code = 35
    kind = "in-use"


class RefusedError(RkmbuildError):
    """The running kernel refused the module."""

    code = 36
    kind = "refused"


class RefusedByKernelError(RkmbuildError):
    """By its rules the kernel would refuse the module (`check`, and `load` before it loads)."""

    code = 40
    kind = "would-be-refused"


class DangerousModuleError(RkmbuildError):
    """The kernel would load the module, which may then crash or corrupt it."""

    code = 41
    kind = "dangerous"


class TaintingModuleError(RkmbuildError):
    """The kernel would load the module and be tainted by more than its being out of tree."""

    code = 42
    kind = "tainting"


class InterruptedRunError(RkmbuildError):
    """Interrupted by the user or by a signal."""

    code = 130
    kind = "interrupted"
