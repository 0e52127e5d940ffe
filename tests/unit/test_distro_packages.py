"""The command that installs a part, for each package manager."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import WantedPart
from rkmbuild.distro import apt_names, packages


def only(monkeypatch: pytest.MonkeyPatch, folder: Path, *managers: str) -> None:
    """Leave nothing in PATH but these package managers."""
    for name in managers:
        (folder / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("rkmbuild.base.search_path._ALWAYS", ())


@pytest.mark.parametrize("manager", packages.INSTALL)
def test_every_part_has_its_packages_for_every_manager(manager: str) -> None:
    for part, by_manager in packages.PACKAGES.items():
        by_question = manager == "apt-get" and part in apt_names.PARTS
        assert by_question or by_manager[manager], part


@pytest.mark.parametrize(
    ("manager", "expected"),
    [
        ("apt-get", ("qemu-system-x86",)),
        ("dnf", ("qemu-system-x86-core",)),
        ("pacman", ("qemu-system-x86",)),
        ("zypper", ("qemu-x86",)),
    ],
)
def test_a_part_is_given_by_this_distributions_package(
    manager: str, expected: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path, manager)
    assert packages.packages("qemu") == expected
    assert packages.advice(WantedPart("qemu")).split("`")[1].endswith(" ".join(expected))


def test_a_kernels_own_compiler_is_a_package_of_its_own_on_debian(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path, "apt-get")
    assert packages.packages("gcc-12") == ("gcc-12",)
    assert packages.packages("x86_64-linux-gnu-gcc-12") == ("gcc-12",)


def test_a_kernels_own_compiler_has_no_number_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path, "dnf")
    assert packages.packages("gcc-14") == ("gcc",)


def test_apt_refreshes_its_lists_before_it_installs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path, "apt-get")
    refresh, install = packages.commands(["make", "kmod", "make"])
    assert refresh == ("apt-get", "update")
    assert install[-2:] == ("make", "kmod")


def test_nothing_wanted_needs_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, tmp_path, "apt-get")
    assert packages.commands([]) == []


def test_who_is_not_root_types_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert packages.as_root(["dnf", "install", "make"]) == ("sudo", "dnf", "install", "make")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert packages.as_root(["dnf", "install", "make"]) == ("dnf", "install", "make")


def test_an_unknown_distribution_is_told_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path)
    assert packages.manager() is None
    assert packages.packages("qemu") == ()
    assert "qemu" in packages.advice(WantedPart("qemu"))


def test_packages_come_before_a_repair_only_where_there_are_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repair = ("rustup", "update")
    either = WantedPart("qemu", repair, packages_first=True)
    only(monkeypatch, tmp_path)
    assert packages.repair(either) == repair
    assert packages.advice(either).startswith("`rustup update` fixes it")
    only(monkeypatch, tmp_path, "dnf")
    assert packages.repair(either) is None
    assert "qemu-system-x86-core` installs it" in packages.advice(either)
    assert packages.repair(WantedPart("qemu", repair)) == repair
