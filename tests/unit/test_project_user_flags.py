"""What the user has cargo tell rustc: cargo's own order of sources, and what a module gets."""

from pathlib import Path

import pytest

from rkmbuild.project import user_flags
from rkmbuild.project.user_flags import UserFlags

_CFGS = {"target_os": "none", "target_arch": "x86_64", "target_pointer_width": "64"}
_CUSTOM = 'getrandom_backend="custom"'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "home"))
    for name in user_flags.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


def _read(root: Path, **files: str) -> UserFlags:
    """Read the flags of `root/a/b`, with these as configuration of folders below `root`."""
    for place, text in files.items():
        folder = root / place.replace("_", "/")
        folder = folder if place == "home" else folder / ".cargo"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(text)
    return user_flags.read(root / "a" / "b", "x86_64-kernel", _CFGS)


@pytest.mark.parametrize(
    "text",
    [
        '[build]\nrustflags = ["--cfg", "getrandom_backend=\\"custom\\""]',
        "[build]\nrustflags = '--cfg getrandom_backend=\"custom\"'",
        "[target.x86_64-kernel]\nrustflags = '--cfg getrandom_backend=\"custom\"'",
        "[target.'cfg(target_os = \"none\")']\nrustflags = '--cfg getrandom_backend=\"custom\"'",
    ],
)
def test_a_cfg_of_the_projects_configuration_reaches_its_crates(tmp_path: Path, text: str) -> None:
    assert _read(tmp_path, a_b=text).passed == ("--cfg", _CUSTOM)


def test_what_changes_the_code_is_ignored_and_named_with_its_file(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        a='build.rustflags = ["-Ctarget-cpu=native", "-C", "opt-level=1", "-Dwarnings", "--cfg=x"]',
    )
    assert found.passed == ("-Dwarnings", "--cfg=x")
    file = str(tmp_path / "a" / ".cargo" / "config.toml")
    assert found.ignored == (("-Ctarget-cpu=native", file), ("-C opt-level=1", file))


def test_configurations_on_the_way_to_the_root_and_in_cargos_home_add_up(tmp_path: Path) -> None:
    texts = {place: f'build.rustflags = ["--cfg={place}"]' for place in ("a_b", "a", "home")}
    assert set(_read(tmp_path, **texts).passed) == {"--cfg=a_b", "--cfg=a", "--cfg=home"}


def test_flags_of_the_target_put_those_of_every_build_aside(tmp_path: Path) -> None:
    text = "build.rustflags = '--cfg x'\ntarget.'cfg(all())'.rustflags = '--cfg y'"
    assert _read(tmp_path, a_b=text).passed == ("--cfg", "y")


def test_those_of_another_target_are_not_this_ones(tmp_path: Path) -> None:
    text = "build.rustflags = '--cfg x'\ntarget.'cfg(unix)'.rustflags = '--cfg y'"
    assert _read(tmp_path, a_b=text).passed == ("--cfg", "x")


def test_the_environment_puts_all_files_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTFLAGS", "--cfg of_the_environment -Cdebuginfo=0")
    found = _read(tmp_path, a_b="build.rustflags = '--cfg x'")
    assert found.passed == ("--cfg", "of_the_environment")
    assert found.ignored == (("-Cdebuginfo=0", "RUSTFLAGS"),)
    monkeypatch.setenv("CARGO_ENCODED_RUSTFLAGS", '--cfg\x1fa="b c"')
    assert user_flags.read(tmp_path / "a" / "b", "", {}).passed == ("--cfg", 'a="b c"')


def test_what_is_no_configuration_gives_nothing(tmp_path: Path) -> None:
    assert _read(tmp_path, a_b="build = 3\ntarget = []", a="[") == UserFlags((), ())


@pytest.mark.parametrize(
    ("key", "so"),
    [
        ("cfg(all())", True),
        ("cfg(any())", False),
        ('cfg(not(target_os = "linux"))', True),
        ('cfg(all(target_arch = "x86_64", any(unix, target_os = "none"),))', True),
        ('cfg(all(target_arch = "x86_64", windows))', False),
        ("cfg(true)", True),
        ("cfg(panic)", False),
        ("cfg(", False),
        ('cfg("x")', False),
        ("cfg(all() all())", False),
        ("x86_64-unknown-none", False),
    ],
)
def test_a_condition_is_told_as_cargo_tells_it(key: str, so: bool) -> None:
    assert user_flags.applies(key, _CFGS) is so
