"""What the file in modules-load.d remembers of a module that is loaded at boot."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import KernelError, StorageError, UsageError
from rkmbuild.host import persist
from rkmbuild.host.persist_record import Record, conf_of, options_of, read_all
from rkmbuild.host.stager import Depmod, MakeFolder, Remove, Write
from rkmbuild.ko import needs
from tests.unit import elf_file


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a folder of modules."""
    folder = tmp_path / "lib/modules/6.12-test"
    folder.mkdir(parents=True)
    monkeypatch.setattr(needs, "installed", lambda _root: folder)
    return tmp_path


@pytest.fixture
def ko(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    fields = [("name", "one"), ("parmtype", "text:charp")]
    (tmp_path / "made/one.ko").write_bytes(elf_file.module(fields))
    return tmp_path / "made/one.ko"


def _write(step: Write) -> None:
    step.place.parent.mkdir(parents=True, exist_ok=True)
    step.place.write_bytes(step.content)


def _install(ko: Path, root: Path, *words: str) -> None:
    """Do what root would do."""
    for step in persist.install(ko, words, root=root).actions:
        if isinstance(step, Write):
            _write(step)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Record(name="one", folders=(tmp_path / "a", tmp_path / "b"))
    module = tmp_path / "lib/modules/6.12-test/updates/rkmbuild/one.ko"
    record = record.having(module, b"1").having(options_of("one", tmp_path), b"2")
    _write(Write(conf_of("one", tmp_path), record.render()))
    assert read_all(tmp_path) == {"one": record}


@pytest.mark.parametrize(
    "place",
    ["x.ko", "etc/passwd", "etc/modprobe.d/theirs.conf", "lib/modules/6.12-test/kernel/one.ko",
     "lib/modules/6.12-test/updates/rkmbuild/../../../../../etc/x.ko"],
)  # fmt: skip
def test_a_record_that_names_what_is_not_ours_is_not_believed(tmp_path: Path, place: str) -> None:
    (tmp_path / "x.ko").write_bytes(b"theirs")
    record = Record(name="one").having(tmp_path / place, b"theirs")
    _write(Write(conf_of("one", tmp_path), record.render()))
    assert read_all(tmp_path)["one"].files == {}


def test_the_record_comes_first_and_the_lists_last(root: Path, ko: Path) -> None:
    steps = persist.install(ko, ["text=a b"], root=root).actions
    kinds = [type(step) for step in steps if not isinstance(step, MakeFolder)]
    assert kinds == [Write, Write, Write, Depmod]
    assert isinstance(steps[-4], Write)
    assert steps[-4].place == conf_of("one", root)


def test_parameters_that_are_no_longer_given_go(root: Path, ko: Path) -> None:
    _install(ko, root, "text=a")
    options = root / "etc/modprobe.d/rkmbuild-one.conf"
    assert options.read_text().endswith("options one text=a\n")
    steps = persist.install(ko, root=root).actions
    assert Remove(options) in steps


def test_a_file_that_was_changed_since_is_in_the_way(root: Path, ko: Path) -> None:
    _install(ko, root)
    installed = root / "lib/modules/6.12-test/updates/rkmbuild/one.ko"
    installed.write_bytes(b"other")
    with pytest.raises(StorageError, match="already exists"):
        persist.install(ko, root=root)


def test_a_new_build_replaces_the_one_that_we_installed(root: Path, ko: Path) -> None:
    _install(ko, root)
    ko.write_bytes(ko.read_bytes() + b"new")
    _install(ko, root)
    installed = root / "lib/modules/6.12-test/updates/rkmbuild/one.ko"
    assert installed.read_bytes() == ko.read_bytes()
    assert len(read_all(root)["one"].files[installed]) == 2


def test_a_parameter_that_no_file_can_hold_is_refused(root: Path, ko: Path) -> None:
    with pytest.raises(UsageError, match="cannot hold"):
        persist.install(ko, ["text=a\noptions two"], root=root)


def test_a_kernel_without_a_folder_of_modules_loads_none_at_boot(
    root: Path, ko: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "installed", lambda _root: None)
    with pytest.raises(KernelError, match="has no folder in"):
        persist.install(ko, root=root)


def test_a_file_without_our_mark_is_no_record(root: Path) -> None:
    _write(Write(conf_of("one", root), b"one\n"))
    assert read_all(root) == {}
    assert not persist.is_installed("one", root=root)
    with pytest.raises(UsageError, match="one is not loaded at boot by rkmbuild"):
        persist.remove("one", root=root)
