"""What follows from the state of a part: whether a use is possible, and what repairs it."""

import pytest
import typer

from rkmbuild.base.errors import InterruptedRunError
from rkmbuild.commands import doctor
from rkmbuild.doctor import repairs
from rkmbuild.doctor.table import Check, State, Use, can


@pytest.fixture(autouse=True)
def root_with_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("rkmbuild.distro.packages.manager", lambda: "apt-get")


def part(name: str, state: State = State.MISSING, **more: object) -> Check:
    return Check(part=name, state=state, **{"use": Use.BUILD, **more})  # type: ignore[arg-type]


def test_a_missing_part_that_is_required_stops_its_use_alone() -> None:
    checks = [part("rustc", State.OK), part("qemu", use=Use.RUN)]
    assert can(Use.BUILD, checks)
    assert not can(Use.RUN, checks)


def test_a_part_that_another_stands_in_for_stops_nothing() -> None:
    assert can(Use.BUILD, [part("gcc-12", required=False)])


def test_packages_of_all_missing_parts_are_installed_by_one_command() -> None:
    checks = [
        part("make", packages=("make",)),
        part("ld", State.UNFIT, packages=("binutils",)),
        part("objcopy", packages=("binutils",)),
        part("clang", packages=("clang",), required=False),
        part("kmod", State.OK, packages=("kmod",)),
    ]
    commands = repairs.commands(checks)
    assert commands[0] == ("apt-get", "update")
    assert commands[1][-2:] == ("make", "binutils")
    assert len(commands) == 2


def test_a_command_that_repairs_is_run_after_the_installation_and_once() -> None:
    fetch = ("rkmbuild", "kernel", "fetch", "6.12")
    checks = [
        part("kernel", repair=fetch),
        part("make", packages=("make",)),
        part("i", repair=fetch),
    ]
    assert [command[0] for command in repairs.commands(checks)] == [
        "apt-get",
        "apt-get",
        "rkmbuild",
    ]


def test_nothing_wrong_needs_no_command() -> None:
    assert repairs.commands([part("make", State.OK, packages=("make",))]) == []


def test_the_document_names_the_command_of_a_missing_part_only() -> None:
    missing = part("make", packages=("make",)).document()
    assert missing["mend"] == "apt-get install --yes --no-install-recommends make"
    assert missing["state"] == "missing"
    assert part("make", State.OK, packages=("make",)).document()["mend"] == ""


def test_a_no_ends_as_an_interruption_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: False)
    with pytest.raises(InterruptedRunError, match="nothing was run"):
        doctor._agree([("true",)], yes=False)
