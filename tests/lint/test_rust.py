"""rustfmt finds nothing, nor does clippy where no kernel is needed for it."""

import os
from pathlib import Path

from rkmbuild.toolchain import rust_extras
from rkmbuild.toolchain.parts import Rust
from tests.kernel_crates import CRATES, ROOT, check


def test_rust_is_formatted(toolchain: tuple[Rust, rust_extras.Extras]) -> None:
    _, extras = toolchain
    sources = [
        path
        for folder in (CRATES, ROOT / "examples")
        for path in sorted(folder.rglob("*.rs"))
        if "target" not in path.relative_to(ROOT).parts
    ]
    assert sources
    check(extras.rustfmt, "--check", "--edition", "2021", *sources)


def test_clippy_finds_nothing_in_the_crates_that_run_on_the_host(
    toolchain: tuple[Rust, rust_extras.Extras], tmp_path: Path
) -> None:
    chosen, extras = toolchain
    env = {
        **os.environ,
        "CARGO": str(chosen.cargo),
        "RUSTC": str(chosen.rustc),
        "RUSTC_BOOTSTRAP": "1",
        "CARGO_TARGET_DIR": str(tmp_path),
    }
    words = ["clippy", "--locked", "--offline", "--package", "macros", "--package", "pin_init"]
    check(extras.cargo_clippy, *words, "--all-targets", "--", "-D", "warnings", env=env, cwd=CRATES)


def test_each_exception_from_a_lint_has_its_reason() -> None:
    """Rust's own `reason =` is newer than the oldest rustc that the crates compile with."""
    without = []
    for file in sorted(CRATES.rglob("src/**/*.rs")):
        lines = file.read_text().splitlines()
        for number, line in enumerate(lines):
            # What the macros generate is theirs to explain.
            if ("#[allow(" not in line and "#![allow(" not in line) or "macros" in file.parts:
                continue
            above = lines[number - 1].strip()
            if " // " not in line and not above.startswith("// "):
                without.append(f"{file.relative_to(ROOT)}:{number + 1}")
    assert not without
