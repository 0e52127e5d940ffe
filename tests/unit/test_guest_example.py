"""Where the demonstration builds its example."""

from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.guest import example


def test_a_checkout_builds_its_own_example() -> None:
    assert example._project() == Path(__file__).resolve().parents[2] / "examples" / "hello_world"


def test_an_installed_tool_builds_a_copy_in_the_cache(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = tmp_path / "site-packages" / "rkmbuild" / "data" / "examples"
    (examples / "hello_world" / "src").mkdir(parents=True)
    (examples / "hello_world" / "Cargo.toml").write_text("[package]\n")
    (examples / "hello_world" / "src" / "lib.rs").write_text("// new\n")
    monkeypatch.setattr(paths, "data", lambda _name: examples)
    copy = example._project()
    assert copy == empty_cache / "demo" / "hello_world"
    assert (copy / "src" / "lib.rs").read_text() == "// new\n"
    (copy / "target").mkdir()
    assert example._project() == copy
    assert (copy / "target").is_dir(), "what was built there serves the next time"
    assert not (examples / "hello_world" / "target").exists()
