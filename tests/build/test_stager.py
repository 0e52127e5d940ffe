"""Files put below a root that is not the system's, as a package's DESTDIR, by the real programs."""

import os
import stat
from pathlib import Path

import pytest

from rkmbuild.base.errors import StorageError
from rkmbuild.host import privilege
from rkmbuild.host.stager import Depmod, MakeFolder, Remove, RemoveFolder, Stager, Write, beside
from tests.unit import elf_file

_CONF = Path("/etc/modules-load.d/one.conf")
_MODULES = Path("/lib/modules/6.12-test")
_KO = _MODULES / "updates/one.ko"


@pytest.fixture
def destdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own, where nothing needs root."""

    def run(program: str, _arguments: object) -> None:
        pytest.fail(f"{program} is run as root")

    monkeypatch.setattr(privilege, "run", run)
    root = tmp_path / "dest dir"
    root.mkdir()
    return root


def test_files_lie_below_the_root_at_their_paths_and_are_readable_by_all(destdir: Path) -> None:
    Stager(destdir).carry_out([Write(_CONF, b"one\n"), MakeFolder(Path("/var/lib/one"))])
    conf = destdir / "etc/modules-load.d/one.conf"
    assert conf.read_bytes() == b"one\n"
    assert stat.S_IMODE(conf.stat().st_mode) == 0o644
    assert stat.S_IMODE(conf.parent.stat().st_mode) == 0o755
    assert (destdir / "var/lib/one").is_dir()
    assert list(conf.parent.iterdir()) == [conf]


def test_what_was_put_there_is_taken_away(destdir: Path) -> None:
    stager = Stager(destdir)
    stager.carry_out([Write(_CONF, b"one\n")])
    beside(stager.at(_CONF)).write_bytes(b"half of a file that a kill left")
    stager.carry_out([Remove(_CONF), RemoveFolder(_CONF.parent), RemoveFolder(Path("/etc"))])
    assert list(destdir.iterdir()) == []


def test_a_folder_that_others_use_stays(destdir: Path) -> None:
    stager = Stager(destdir)
    stager.carry_out([Write(_CONF, b"one\n")])
    theirs = stager.at(_CONF).with_name("theirs.conf")
    theirs.write_text("theirs\n")
    stager.carry_out([Remove(_CONF), RemoveFolder(_CONF.parent)])
    assert list(theirs.parent.iterdir()) == [theirs]


def test_the_lists_of_modules_are_made_for_those_below_the_root(destdir: Path) -> None:
    module = elf_file.module([("name", "one"), ("license", "GPL")])
    Stager(destdir).carry_out([Write(_KO, module), Depmod(_MODULES, (_KO,))])
    dep = (destdir / "lib/modules/6.12-test/modules.dep").read_text()
    assert dep == "updates/one.ko:\n"


def test_if_one_action_fails_all_is_as_it_was_before(destdir: Path) -> None:
    stager = Stager(destdir)
    stager.carry_out([Write(_CONF, b"before\n")])
    listed = Depmod(_MODULES, (_MODULES / "updates/another.ko",))
    module = elf_file.module([("name", "one"), ("license", "GPL")])
    with pytest.raises(StorageError, match=r"depmod does not list .*another\.ko"):
        stager.carry_out([Write(_CONF, b"after\n"), Write(_KO, module), listed])
    assert stager.at(_CONF).read_bytes() == b"before\n"
    assert not stager.at(_KO).exists()
    assert not stager.at(_KO).parent.exists()


def test_a_root_where_we_may_not_write_needs_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def run(program: str, _arguments: object) -> privilege.ProgramResult:
        ran.append(program)
        return privilege.ProgramResult(0, "")

    monkeypatch.setattr(privilege, "run", run)
    monkeypatch.setattr(os, "access", lambda place, _mode: place != tmp_path)
    Stager(tmp_path).carry_out([MakeFolder(Path("/etc"))])
    assert ran == ["install"]
