"""rustfmt and clippy of a toolchain: what the checks of Rust source need beside the compiler."""

from pathlib import Path
from typing import NamedTuple

from rkmbuild.base.errors import WantedPart
from rkmbuild.toolchain import rust_places
from rkmbuild.toolchain.parts import PassedOver, Rust
from rkmbuild.toolchain.unusable import unusable

PART = "rustfmt and clippy"


class Extras(NamedTuple):
    """The programs beside rustc; cargo finds others in PATH, of another release perhaps.

    Attributes:
        rustfmt: Checks the format of a source.
        cargo_clippy: Has clippy check a package.
        clippy_driver: What it runs.
    """

    rustfmt: Path
    cargo_clippy: Path
    clippy_driver: Path


def beside(rust: Rust) -> Extras:
    """Return rustfmt and clippy of `rust`.

    Raises:
        UnusablePartError: one of them is not there.
    """
    folder = rust.rustc.parent
    suffix = rust.rustc.name.removeprefix("rustc")
    found = Extras(*(folder / f"{name}{suffix}" for name in _NAMES))
    # A link to rustup would run whatever toolchain is rustup's default.
    missing = [path for path in found if not path.is_file() or rust_places.is_proxy(path)]
    if missing:
        origin, _, name = rust.origin.partition(":")
        rustup = rust_places.rustup() if origin == "rustup" else None
        words = ("component", "add", "rustfmt", "clippy", "--toolchain", name)
        raise unusable(
            PART,
            WantedPart(PART, repair=(rustup, *words) if rustup else None),
            [PassedOver(str(path), "it does not exist") for path in missing],
            unfit=f"the toolchain of {rust.rustc} does not have rustfmt or clippy",
        )
    return found


_NAMES = ("rustfmt", "cargo-clippy", "clippy-driver")
