"""Whether a rustc is the one that a kernel's own Rust was compiled by.

Symbols of Rust name their crate by a hash of its name and of rustc's version string (rustc's
`StableCrateId::new`, the same from 1.74 to 1.97), which a distribution's compiler has of its own:
rustup's of the same commit gives other names. Another compiler's metadata would not be read by that
one, and its layouts may be others, so that nothing but the right one will do.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rkmbuild.base import process
from rkmbuild.base.errors import ToolchainError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.toolchain.remembered import remembered

# The crate root of `core` in a mangled name (rust-lang/rfcs#2603): `C`, the hash, the name.
_CORE = re.compile(r"C(s[0-9A-Za-z]*_)4core")
# A crate of that name, which needs no other one, with a function that keeps its name.
_CRATE = """\
#![no_core]
#![feature(no_core, lang_items)]
SIZED
pub mod inside { pub fn probe() {} }
"""
# What rustc asks of `core` for it: from 1.89 on with what is above it (rust-lang/rust#137944).
_SIZED = (
    '#[lang = "sized"] pub trait Sized {}',
    """#[lang = "pointee_sized"] pub trait PointeeSized {}
#[lang = "meta_sized"] pub trait MetaSized: PointeeSized {}
#[lang = "sized"] pub trait Sized: MetaSized {}""",
)


def demanded(names: Iterable[str]) -> str | None:
    """Return what a kernel's symbols have for the crate `core`; None where none names it.

    Args:
        names: The symbols that it exports.
    """
    counted = Counter(found[1] for name in names for found in [_CORE.search(name)] if found)
    return counted.most_common(1)[0][0] if counted else None


def given(rustc: Path) -> str:
    """Return what a rustc's symbols have for the crate `core`.

    Raises:
        ToolchainError: it cannot compile, or names things in another way.
        OSError: it is not there.
    """

    def ask() -> dict[str, Any]:
        older, newer = (_CRATE.replace("SIZED", each) for each in _SIZED)
        try:
            return {"core": _asked(rustc, older)}
        except ToolchainError:
            return {"core": _asked(rustc, newer)}

    answer: str = remembered(f"core {_CRATE}{_SIZED}", [rustc], ask)["core"]
    if not answer:
        raise ToolchainError(f"{rustc} does not name the crate core in its symbols")
    return answer


def _asked(rustc: Path, crate: str) -> str:
    with tempfile.TemporaryDirectory(prefix="rkmbuild-") as folder:
        made = Path(folder, "core.o")
        process.run(
            [
                rustc, "--crate-name=core", "--crate-type=lib", "--edition=2021",
                "-Csymbol-mangling-version=v0", f"--emit=obj={made}", "-",
            ],
            doing="asking rustc how it names the crate core",
            # `no_core` of a release: the kernel's build opens it the same way.
            env=tool_environment({"RUSTC_BOOTSTRAP": "1"}),
            cwd=Path(folder),
            stdin=crate.encode(),
            failure=ToolchainError,
            timeout=60,
        )  # fmt: skip
        found = _CORE.search(made.read_bytes().decode("latin-1"))
    return found[1] if found else ""
