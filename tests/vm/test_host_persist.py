"""`rkmbuild load --persist` and `--remove-persist`, run by root and others on a booted kernel."""

import re

import pytest

from tests.vm.host_world import Host

# The steps are about files, which are the same under every kernel.
pytestmark = pytest.mark.parametrize("host", ["6.12"], indirect=True)

_NAMES = ("party", "greeter", "caller", "relay", "sulks")


def _own(host: Host) -> str:
    return f"/lib/modules/{host.tree.release}/updates/rkmbuild"


def test_a_module_is_installed_with_what_it_needs(host: Host) -> None:
    made = [*(f"{_own(host)}/{name}.ko" for name in _NAMES)]
    made += ["/etc/modules-load.d/rkmbuild-party.conf", "/etc/modprobe.d/rkmbuild-party.conf"]
    assert sorted(host.succeeded("persist: chain").json["persistent"]) == sorted(made)
    assert host.succeeded("persist: files").out.split() == sorted(made)
    conf = host.succeeded("persist: conf").out
    assert re.findall("(?m)^[^#].*$", conf) == ["party"]


def test_at_boot_it_is_loaded_with_its_parameters(host: Host) -> None:
    assert host.succeeded("persist: boot").out == "the w\u00f6rld \\ it\n"
    loaded = set(host.succeeded("persist: booted").out.split())
    assert loaded - {"stays"} == {"party", "relay", "greeter", "caller"}


def test_an_unload_says_that_it_comes_back(host: Host) -> None:
    told = "party is loaded again at the next boot, unless you run: rkmbuild load --remove-persist"
    assert told in host.succeeded("persist: unload").err


def test_what_another_module_needs_stays_until_that_is_removed_too(host: Host) -> None:
    host.succeeded("persist: shares")
    assert "loaded already, and is left as it is" in host.succeeded("persist: there already").err
    host.succeeded("persist: remove one")
    left = host.succeeded("persist: left").out.split()
    assert left == [
        "/etc/modules-load.d/rkmbuild-caller.conf",
        f"{_own(host)}/caller.ko",
        f"{_own(host)}/greeter.ko",
    ]
    assert len(host.succeeded("persist: remove other").json["removed"]) == 3


def test_after_the_removal_every_file_and_folder_is_as_it_was_before(host: Host) -> None:
    assert host.succeeded("persist: same").out == ""


def test_what_is_not_installed_is_not_removed(host: Host) -> None:
    host.failed("persist: remove none", 2, "party is not loaded at boot by rkmbuild")
    host.failed("persist: remove and more", 2, "needs a module, and nothing else")


def test_a_file_of_others_is_never_touched(host: Host) -> None:
    told = ("rkmbuild-caller.conf already exists, and is not what rkmbuild wrote", "move it away")
    host.failed("persist: conf in the way", 7, *told)
    host.succeeded("persist: same 2")
    host.failed("persist: module in the way", 7, f"{_own(host)}/greeter.ko already exists")
    host.succeeded("persist: same 3")


def test_an_interrupt_or_a_failure_leaves_nothing(host: Host) -> None:
    host.failed("persist: interrupted", 130, "caller is loaded, but will not be at the next boot")
    host.succeeded("persist: same 4")
    done = host.failed("persist: depmod fails", 7, "cannot list the modules in", "depmod failed")
    assert done.err.count("depmod: no") == 1
    host.succeeded("persist: same 5")


def test_a_user_who_may_only_load_installs_nothing(host: Host) -> None:
    host.failed("persist: user", 30, "sudo did not run", "will not be at the next boot")
    host.succeeded("persist: same 6")


def test_what_a_killed_run_left_is_removed_like_any_other(host: Host) -> None:
    for label in ("persist: killed", "persist: killed early"):
        assert host.done[label].status == -9
    host.succeeded("persist: remove after the kill")
    host.succeeded("persist: same 7")
    host.succeeded("persist: remove after the early kill")
    host.succeeded("persist: same 8")


def test_a_user_with_a_right_to_all_installs_what_belongs_to_root(host: Host) -> None:
    host.succeeded("persist: sudo")
    files = host.succeeded("persist: sudo files").out.splitlines()
    assert len([line for line in files if "rkmbuild" in line]) == 4
    assert {line.split()[0] for line in files} == {"root"}
    assert {line.split()[1] for line in files} == {"644"}
    host.succeeded("persist: sudo remove")
    host.succeeded("persist: same 9")


def test_a_packed_module_is_installed_unpacked(host: Host) -> None:
    host.succeeded("persist: packed")
    host.succeeded("persist: unpacked")


def test_what_somebody_changed_stays_when_the_rest_is_removed(host: Host) -> None:
    done = host.succeeded("persist: changed")
    assert "greeter.ko was changed since, and is not removed" in done.err
    assert host.succeeded("persist: change stays").out == "x\n"
