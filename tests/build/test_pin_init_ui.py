"""What pin_init's macros refuse, and what they take: small files, and what rustc says of each.

The files are in crates/pin_init/tests/ui. Of one that is refused, the lines `//! error:` say what
stands in rustc's errors, in words that its releases have in common.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rkmbuild.toolchain import rust
from tests.kernel_crates import CRATES, check

FILES = CRATES / "pin_init" / "tests" / "ui"
_EXPECTED = "//! error: "


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, tuple[bool, str]]:
    """Of each file whether rustc takes it, and what it says."""
    folder = tmp_path_factory.mktemp("pin_init")
    chosen, _ = rust.choose()
    common: list[str | Path] = [
        chosen.rustc,
        "--edition=2021",
        "--color=never",
        f"--out-dir={folder}",
    ]
    macros, crate = CRATES / "macros" / "src" / "lib.rs", CRATES / "pin_init" / "src" / "lib.rs"
    check(*common, "--crate-type=proc-macro", "--crate-name=macros", "--extern=proc_macro", macros)
    made = f"--extern=macros={folder / 'libmacros.so'}"
    check(*common, "--crate-type=rlib", "--crate-name=pin_init", made, crate)
    words = [
        f"--extern=pin_init={folder / 'libpin_init.rlib'}", f"-Ldependency={folder}",
        "--emit=metadata", "-Adead_code",
    ]  # fmt: skip

    def compiled(file: Path) -> tuple[bool, str]:
        done = subprocess.run([*common, *words, file], capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stderr

    files = sorted(FILES.glob("*/*.rs"))
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(files, pool.map(compiled, files), strict=True))


def test_what_is_wrong_is_refused_in_words_that_say_what(
    said: dict[Path, tuple[bool, str]],
) -> None:
    refused = sorted(FILES.glob("refused/*.rs"))
    assert len(refused) > 30
    for file in refused:
        taken, text = said[file]
        assert not taken, f"{file.name} compiles"
        lines = file.read_text().splitlines()
        expected = [line.removeprefix(_EXPECTED) for line in lines if line.startswith(_EXPECTED)]
        assert expected, file.name
        for words in expected:
            assert words in text, f"{file.name}: no {words!r} in\n{text}"
        assert "internal compiler error" not in text


def test_what_is_right_is_taken_without_a_word(said: dict[Path, tuple[bool, str]]) -> None:
    taken = sorted(FILES.glob("accepted/*.rs"))
    assert taken
    for file in taken:
        assert said[file] == (True, ""), file.name
