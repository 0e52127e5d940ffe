"""Where Rust toolchains lie, and what they are called."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.toolchain import rust, rust_places
from rkmbuild.toolchain.parts import Version

HOST = "x86_64-unknown-linux-gnu"


@pytest.fixture
def rustup_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rustup with `stable`, a link to it by its number, and a dated nightly."""
    for name in ("stable", "nightly-2026-05-19"):
        program(tmp_path / "toolchains" / f"{name}-{HOST}" / "bin" / "rustc")
    (tmp_path / "toolchains" / f"1.95.0-{HOST}").symlink_to(f"stable-{HOST}")
    monkeypatch.setenv("RUSTUP_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.delenv("RUSTC", raising=False)
    return tmp_path


def program(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (f"stable-{HOST}", "stable"),
        (f"1.95.0-{HOST}", "1.95.0"),
        (f"nightly-2026-05-19-{HOST}", "nightly-2026-05-19"),
        ("my-own", "my-own"),
    ],
)
def test_a_toolchain_is_called_without_its_host(folder: str, name: str) -> None:
    assert rust_places.short_name(folder) == name


def test_a_linked_toolchain_is_looked_at_once_under_its_first_name(rustup_home: Path) -> None:
    stable = rustup_home / "toolchains" / f"stable-{HOST}" / "bin" / "rustc"
    found = {place.origin: place.rustc for place in rust_places.all_places()}
    assert found["rustup:stable"] == stable
    assert "rustup:1.95.0" not in found
    assert "rustup:nightly-2026-05-19" in found


def test_a_toolchain_may_be_named_short_long_and_with_a_plus(rustup_home: Path) -> None:
    rustc = rustup_home / "toolchains" / f"stable-{HOST}" / "bin" / "rustc"
    for name in ("stable", "+stable", f"stable-{HOST}"):
        place = rust_places.named(name)
        assert place is not None
        assert place.rustc == rustc


def test_a_toolchain_may_be_named_by_a_path_to_rustc_or_to_its_folder(tmp_path: Path) -> None:
    rustc = program(tmp_path / "my rust" / "bin" / "rustc")
    for path in (rustc, tmp_path / "my rust"):
        place = rust_places.named(str(path))
        assert place is not None
        assert place.rustc == rustc


@pytest.mark.usefixtures("rustup_home")
def test_an_unknown_toolchain_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(ToolchainError, match=r"1\.50.*nightly-2026-05-19, stable"):
        rust_places.named("1.50")


def test_rustups_proxy_is_told_from_a_compiler(tmp_path: Path) -> None:
    rustup = program(tmp_path / "rustup", "rustup")
    by_hard_link = tmp_path / "rustc"
    by_hard_link.hardlink_to(rustup)
    by_symbolic_link = tmp_path / "bin" / "rustc"
    by_symbolic_link.parent.mkdir()
    by_symbolic_link.symlink_to(rustup)
    compiler = program(tmp_path / "other" / "rustc", "rustc")
    assert rust_places.is_proxy(by_hard_link)
    assert rust_places.is_proxy(by_symbolic_link)
    assert not rust_places.is_proxy(compiler)


def test_a_proxy_in_path_is_no_candidate(
    rustup_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxies = rustup_home / "proxies"
    program(proxies / "rustup", "rustup")
    (proxies / "rustc").hardlink_to(proxies / "rustup")
    monkeypatch.setenv("PATH", str(proxies))
    assert proxies / "rustc" not in [place.rustc for place in rust_places.all_places()]


def test_a_link_to_a_compiler_stands_for_the_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rustc = program(tmp_path / "toolchain" / "bin" / "rustc")
    wrapper = program(tmp_path / "wrapper")
    links = tmp_path / "links"
    links.mkdir()
    (links / "rustc").symlink_to(rustc)
    (links / "rustc-1.80").symlink_to(wrapper)
    monkeypatch.setenv("PATH", str(links))
    found = [place.rustc for place in rust_places.all_places()]
    assert rustc in found
    assert links / "rustc-1.80" in found


def test_rustc_of_the_environment_must_be_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTC", "/nowhere/rustc")
    with pytest.raises(ToolchainError, match="/nowhere/rustc"):
        rust_places.named(None)


def test_the_library_source_must_be_whole(tmp_path: Path) -> None:
    library = tmp_path / "lib/rustlib/src/rust/library"
    program(library / "core/src/lib.rs")
    assert rust.library_source(tmp_path, Version(1, 78)) is None
    program(library / "alloc/src/lib.rs")
    assert rust.library_source(tmp_path, Version(1, 78)) == library
