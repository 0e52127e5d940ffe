"""Licenses as the kernel and as SPDX write them; MODULE_LICENSE decides what a module may use."""

import re
from typing import NamedTuple

from rkmbuild.base.errors import UsageError
from rkmbuild.base.suggest import did_you_mean


class License(NamedTuple):
    """A module's license.

    Attributes:
        module: What MODULE_LICENSE says.
        spdx: What Cargo.toml and the source files say.
    """

    module: str
    spdx: str


# The strings that license_is_gpl_compatible() knows (include/linux/license.h, 6.1 and 6.12). Any
# other one taints the kernel and hides from the module what EXPORT_SYMBOL_GPL exports.
KNOWN = (
    License("GPL", "GPL-2.0-only"),
    License("GPL v2", "GPL-2.0-only"),
    License("GPL and additional rights", "GPL-2.0-only"),
    License("Dual BSD/GPL", "BSD-3-Clause OR GPL-2.0-only"),
    License("Dual MIT/GPL", "MIT OR GPL-2.0-only"),
    License("Dual MPL/GPL", "MPL-1.1 OR GPL-2.0-only"),
)
_DUAL = {"BSD": "Dual BSD/GPL", "MIT": "Dual MIT/GPL", "MPL": "Dual MPL/GPL"}


def parse(text: str) -> License:
    """Return the license that `text` names, in the kernel's words or as an SPDX expression.

    Raises:
        UsageError: it is unknown, or does not allow what the GPL-2.0 code linked in asks for.
    """
    for known in KNOWN:
        if text.lower() == known.module.lower():
            return known
    choices = re.split(r"\s+OR\s+", text.strip())
    if not all(re.fullmatch(r"[A-Za-z0-9.+-]+", choice) for choice in choices):
        raise UsageError(
            f"`{text}` is no license of a kernel module",
            hint=did_you_mean(text, [each.module for each in KNOWN], listed_as="known are"),
        )
    others = [c for c in choices if not re.fullmatch(r"GPL-2\.0(\+|-only|-or-later)?", c)]
    if len(others) == len(choices):
        raise UsageError(
            f"`{text}` cannot be a module's license: it is linked with code under GPL-2.0",
            hint="take `GPL`, or let people choose, as in `MIT OR GPL-2.0-only`",
        )
    for family, module in _DUAL.items():
        if len(others) == 1 and re.match(rf"0?{family}\b", others[0]):
            return License(module, text)
    return License("GPL", text)
