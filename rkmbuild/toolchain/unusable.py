"""The failure of a part of the toolchain: missing, or there and of no use."""

from collections.abc import Sequence

from rkmbuild.base.errors import ToolchainError
from rkmbuild.distro import packages
from rkmbuild.toolchain.parts import PassedOver


class UnusablePartError(ToolchainError):
    """No candidate for a part can be used.

    Attributes:
        part: The part, a key of `packages.PACKAGES` or a compiler's command.
        passed_over: The candidates, each with what it lacks; none where nothing was found.
        mend: A command that mends a candidate, run as this user; packages do it where None.
    """

    def __init__(
        self,
        message: str,
        *,
        part: str,
        passed_over: Sequence[PassedOver] = (),
        mend: Sequence[str] | None = None,
    ) -> None:
        super().__init__(message, hint=packages.advice(part, mend))
        self.part = part
        self.passed_over = tuple(passed_over)
        self.mend = tuple(mend) if mend else None


def unusable(
    name: str,
    part: str,
    passed_over: Sequence[PassedOver],
    *,
    missing: str = "",
    unfit: str = "",
    mend: Sequence[str] | None = None,
) -> UnusablePartError:
    """Return the error for `name`, of which every candidate was passed over.

    Args:
        name: What is looked for, as `clang`.
        part: What it belongs to, as packages are listed.
        passed_over: The candidates and their faults.
        missing: The message where there is no candidate; made from `name` where empty.
        unfit: The message's first line where there are some; likewise.
        mend: A command that mends one of them.
    """
    if not passed_over:
        return UnusablePartError(missing or f"{name} is not there", part=part, mend=mend)
    reasons = "".join(f"\n  {what}: {why}" for what, why in passed_over)
    message = (unfit or f"no {name} of this machine can be used") + f":{reasons}"
    return UnusablePartError(message, part=part, passed_over=passed_over, mend=mend)
