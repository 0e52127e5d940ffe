"""What a build is made from: files whose change makes the next one do something."""

import fcntl
import shutil
import threading
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.base.errors import ProjectError
from rkmbuild.pipeline import alone, fingerprint
from rkmbuild.project import cargo_config, package, project
from rkmbuild.project.project import Project
from rkmbuild.project.request import BuildRequest

_MANIFEST = '[package]\nname = "driver"\n[lib]\ncrate-type = ["staticlib"]\n'


def make(root: Path, manifest: str = _MANIFEST, *files: str) -> Project:
    for name in ("Cargo.toml", "src/lib.rs", *files):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(manifest if name == "Cargo.toml" else "")
    return project.load(root)


def inputs(of: Project, *listed: Path) -> set[Path]:
    dep_info = of.root / "target" / "libdriver.d"
    dep_info.parent.mkdir(exist_ok=True)
    dep_info.write_text(f"libdriver.a: {' '.join(map(str, listed))}\n")
    return fingerprint.project_inputs(of, dep_info, of.root / "target" / "rkmbuild")


def test_a_build_script_may_read_all_of_its_package(tmp_path: Path) -> None:
    driver = make(tmp_path, _MANIFEST, "data/table.txt", "target/debug/x", ".git/HEAD")
    assert tmp_path / "data/table.txt" not in inputs(driver, tmp_path / "src/lib.rs")
    (tmp_path / "build.rs").touch()
    found = inputs(driver, tmp_path / "src/lib.rs")
    assert {tmp_path / "data", tmp_path / "data/table.txt"} <= found
    assert not {tmp_path / "target/debug/x", tmp_path / ".git/HEAD"} & found
    (tmp_path / "Cargo.toml").write_text(_MANIFEST.replace("[lib]", "build = false\n[lib]"))
    assert tmp_path / "data/table.txt" not in inputs(driver, tmp_path / "src/lib.rs")


def test_all_of_a_folder_that_a_build_script_names_counts(tmp_path: Path) -> None:
    driver = make(tmp_path / "driver")
    tables = tmp_path / "tables"
    (tables / "more").mkdir(parents=True)
    (tables / "more" / "one.txt").touch()
    found = inputs(driver, driver.source, tables)
    assert {tables, tables / "more", tables / "more" / "one.txt"} <= found


def test_source_is_found_where_the_manifest_says_that_it_is(tmp_path: Path) -> None:
    text = f'{_MANIFEST}path = "driver/main.rs"\n'
    make(tmp_path, text, "driver/main.rs", "driver/deep/more.rs", "driver/notes.txt")
    names = [str(file.relative_to(tmp_path)) for file in package.sources(tmp_path)]
    assert names == ["driver/deep/more.rs", "driver/main.rs", "src/lib.rs"]


def test_another_terminal_is_no_other_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BuildRequest(path=tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    before = fingerprint.request_key(request)
    for name in ("TERM", "NO_COLOR", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "dumb")
    assert fingerprint.request_key(request) == before
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    assert fingerprint.request_key(request) != before


def test_another_installation_does_not_take_over_what_one_has_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BuildRequest(path=tmp_path)
    before = fingerprint.request_key(request)
    monkeypatch.setattr(paths, "data", lambda name: tmp_path / name)
    assert fingerprint.request_key(request) != before


def test_the_configuration_in_cargos_home_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "home"))
    found = cargo_config.files(tmp_path / "a" / "b")
    assert found[0] == tmp_path / "a" / "b" / ".cargo" / "config.toml"
    assert tmp_path / "home" / "config.toml" in found


def test_a_configuration_that_has_core_built_is_refused(tmp_path: Path) -> None:
    config = tmp_path / ".cargo" / "config.toml"
    config.parent.mkdir()
    for text in ("[build]\njobs = 1\n", "[unstable]\nbuild-std = []\n", "unstable = 3\n", "[\n"):
        config.write_text(text)
        cargo_config.check(tmp_path / "driver")
    config.write_text('[unstable]\nbuild-std = ["core"]\n')
    with pytest.raises(ProjectError, match="build-std") as caught:
        cargo_config.check(tmp_path / "driver")
    assert str(config) in caught.value.message


def test_a_build_that_waited_while_its_folder_was_removed_holds_the_new_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = make(tmp_path)
    place = driver.target / ".lock"
    place.parent.mkdir(parents=True)
    waits, held, done = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(alone, "_say_waiting", waits.set)

    def other() -> None:
        with alone.alone(driver.target):
            held.set()
            done.wait(10)

    with place.open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        waiting = threading.Thread(target=other)
        waiting.start()
        assert waits.wait(10)
        assert not held.is_set()
        shutil.rmtree(driver.target)  # as `clean` does, while it holds the lock
    assert held.wait(10)
    with place.open("w") as second, pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert (driver.target / "CACHEDIR.TAG").is_file()
    done.set()
    waiting.join()
