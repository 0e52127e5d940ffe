"""What in crates/ needs no kernel is tested on the host, by cargo's own tests."""

import os
import subprocess
from pathlib import Path

from rkmbuild.toolchain import rust

CRATES = Path(__file__).parents[2] / "crates"


def test_the_initialisers_pass_their_own_tests(tmp_path: Path) -> None:
    chosen, _ = rust.choose()
    done = subprocess.run(
        [
            chosen.cargo, "test", "--locked", "--offline", "--package", "pin_init",
            "--target-dir", tmp_path / "target",
        ],
        cwd=CRATES,
        env={**os.environ, "RUSTC": str(chosen.rustc)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stderr
    assert " passed; 0 failed" in done.stdout
