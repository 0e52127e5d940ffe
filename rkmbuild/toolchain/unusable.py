"""The failure of a part of the toolchain: missing, or there and of no use."""

from collections.abc import Sequence

from rkmbuild.base.errors import ToolchainError, WantedPart
from rkmbuild.toolchain.parts import PassedOver


class UnusablePartError(ToolchainError):
    """No candidate for a part can be used.

    Attributes:
        wanted: The part, and what repairs a candidate for it.
        passed_over: The candidates, each with what it lacks; none where nothing was found.
    """

    wanted: WantedPart

    def __init__(
        self, message: str, *, wanted: WantedPart, passed_over: Sequence[PassedOver] = ()
    ) -> None:
        super().__init__(message, wanted=wanted)
        self.passed_over = tuple(passed_over)


def unusable(
    name: str,
    wanted: WantedPart,
    passed_over: Sequence[PassedOver],
    *,
    missing: str = "",
    unfit: str = "",
) -> UnusablePartError:
    """Return the error for `name`, of which every candidate was passed over.

    Args:
        name: What is looked for, as `clang`.
        wanted: The part that it belongs to, and what repairs one of the candidates.
        passed_over: The candidates and their faults.
        missing: The message where there is no candidate; made from `name` where empty.
        unfit: The message's first line where there are some; likewise.
    """
    if not passed_over:
        return UnusablePartError(missing or f"{name} was not found", wanted=wanted)
    reasons = "".join(f"\n  {what}: {why}" for what, why in passed_over)
    message = (unfit or f"no {name} of this machine can be used") + f":{reasons}"
    return UnusablePartError(message, wanted=wanted, passed_over=passed_over)
