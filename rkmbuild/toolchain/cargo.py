"""How cargo is called to build for a target of ours: its environment and its arguments."""

import json
from collections.abc import Sequence
from pathlib import Path

from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.toolchain.parts import Rust
from rkmbuild.toolchain.rust_facts import RustFacts


def target_arguments(facts: RustFacts, target: Path) -> list[str | Path]:
    """Return the arguments that make cargo build for a target specification, a file."""
    return [*opening_arguments(facts), "--target", target]


def opening_arguments(facts: RustFacts) -> list[str | Path]:
    """Return the arguments without which cargo takes no path to a target specification."""
    # From 1.95 on cargo takes one only where this is said.
    return ["-Zjson-target-spec"] if "json-target-spec" in facts.cargo_flags else []


def environment(rust: Rust, flags: Sequence[str]) -> dict[str, str]:
    """Return cargo's environment: this rustc, unstable options open, `flags` for the target."""
    return tool_environment(
        {
            "RUSTC": str(rust.rustc),
            "RUSTC_BOOTSTRAP": "1",
            "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
            "RUSTUP_TOOLCHAIN": None,
        }
    )


def toml_string(value: object) -> str:
    """Return `value` as a string of TOML, for cargo's `--config`."""
    return json.dumps(str(value), ensure_ascii=False)
