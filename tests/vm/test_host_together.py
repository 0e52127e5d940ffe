"""`rkmbuild load` and `unload` of modules that need each other, and what `check` says before."""

from typing import Any

import pytest

from tests.vm.host_world import Host


def _loaded(document: Any) -> dict[str, tuple[int, list[str]]]:
    return {
        module["name"]: (module["refcount"], sorted(module["used_by"]))
        for module in document["loaded"]
    }


def _names(host: Host, label: str) -> set[str]:
    # One without a way out was loaded before.
    return {module["name"] for module in host.succeeded(label).json} - {"stays"}


def test_what_a_module_needs_is_loaded_before_it_and_counted(host: Host) -> None:
    document = host.succeeded("needs: chain").json
    assert _loaded(document) == {
        "greeter": (2, ["caller", "relay"]),
        "caller": (0, []),
        "relay": (1, ["party"]),
        "party": (0, []),
    }
    assert [module["name"] for module in document["loaded"]][-1] == "party"
    assert _names(host, "needs: listed") == {"greeter", "caller", "relay", "party"}


def test_what_a_softdep_asks_for_may_fail(host: Host) -> None:
    assert "left out sulks, which a softdep asks for" in host.done["needs: chain"].err


def test_a_parameter_may_be_for_a_module_that_is_needed(host: Host) -> None:
    assert host.succeeded("needs: parameter").out == "all\n"
    host.failed("needs: unknown parameter", 2, "greeter has no parameter `cuont`", "`count`?")
    host.failed("needs: unknown module", 2, "none, which is not to be loaded", "party, greeter")


def test_a_module_that_needs_what_is_nowhere_is_not_given_to_the_kernel(host: Host) -> None:
    told = ("caller needs `greeter`", "/m/alone", f"/lib/modules/{host.tree.release}")
    host.failed("needs: nowhere", 40, *told)
    host.failed("check: needs nowhere", 40, *told)
    host.failed("needs: nowhere, allowed", 36, "Unknown symbol greeter_greet", "on greeter")


def test_a_member_of_the_workspace_is_found_and_what_is_loaded_already_is_left(host: Host) -> None:
    document = host.succeeded("needs: workspace").json
    assert document["path"].startswith("/workspace/target/rkmbuild/")
    assert _loaded(document) == {"greeter": (1, ["caller"]), "caller": (0, [])}
    assert _loaded(host.succeeded("needs: one there").json) == {"relay": (0, [])}


def test_a_module_that_came_with_the_kernel_is_found_though_it_is_packed(host: Host) -> None:
    document = host.succeeded("needs: packed").json
    assert _loaded(document) == {"greeter": (1, ["caller"]), "caller": (0, [])}


def test_a_failure_in_the_middle_takes_back_what_was_loaded_in_reverse_order(host: Host) -> None:
    done = host.failed("middle: fails", 36, "refused to load relay: Input/output error")
    caller = done.err.index("caller, loaded before, is unloaded")
    assert caller < done.err.index("greeter, loaded before")
    done = host.failed("middle: last fails", 36, "refused to load party: No such device")
    places = [done.err.index(f"{name}, loaded before") for name in ("relay", "caller", "greeter")]
    assert places == sorted(places)
    assert _names(host, "middle: nothing left") == set()


def test_ctrl_c_in_the_middle_takes_back_what_was_loaded(host: Host) -> None:
    done = host.failed("middle: interrupted", 130, "interrupted")
    caller = done.err.index("caller, loaded before, is unloaded")
    assert caller < done.err.index("greeter, loaded before")
    assert _names(host, "middle: nothing left") == set()


def test_users_are_unloaded_first_where_that_is_asked_for(host: Host) -> None:
    host.failed("users: stay", 35, "in use by relay, caller", "unload --with-users greeter")
    assert "Unloaded caller" in host.succeeded("users: held").err
    done = host.succeeded("users: unloaded")
    assert done.err.split() == ["Unloaded", "party", "Unloaded", "relay", "Unloaded", "greeter"]
    assert _names(host, "users: none left") == set()


def test_nothing_is_unloaded_where_a_program_holds_the_last_one(host: Host) -> None:
    host.failed("users: held open", 35, "not by modules alone", "a program has it open")
    assert "Unloaded party" in host.succeeded("users: unloaded").err


def test_a_module_for_another_release_is_loaded_only_where_that_rule_is_waived(host: Host) -> None:
    if host.has_crcs:
        host.failed("rule: release", 32, "[release-differs]", "--allow release-differs")
        assert "[release-differs], allowed" in host.succeeded("rule: release, allowed").err
    else:
        # Without checksums the kernel itself compares the release.
        host.failed("rule: release", 32, "[vermagic]", f"this is {host.tree.release}")
        host.failed("rule: release, allowed", 32, "[vermagic]")


def test_a_dangerous_module_is_loaded_only_where_its_rule_is_waived(host: Host) -> None:
    host.failed("rule: dangerous", 41, "[no-retpoline]", "retpoline=Y", "--allow no-retpoline")
    assert "Loaded greeter" in host.succeeded("rule: dangerous, allowed").err


def test_what_the_kernel_refuses_it_refuses_though_the_rule_is_waived(host: Host) -> None:
    host.failed("rule: refused, allowed", 36, "[vermagic], allowed", "version magic")
    told = ["[symbol-version], allowed", "disagrees about version of symbol misc_register"]
    if not host.has_crcs:
        told = ["[symbol-unknown], allowed", "Unknown symbol misc_registes"]
    host.failed("check: symbols, allowed", 36, *told)


def test_a_rule_that_there_is_not_is_told_its_nearest(host: Host) -> None:
    host.failed("rule: unknown", 2, "no rule `no-retpolines`", "did you mean `no-retpoline`?")


def test_symbols_are_judged_where_the_headers_are_installed(host: Host) -> None:
    (module,) = host.succeeded("check: without headers").json["modules"]
    assert any("Module.symvers" in what for what in module["unchecked"])
    told = ["`misc_register` of vmlinux has changed", "[symbol-version]"]
    if not host.has_crcs:
        told = ["unknown symbol `misc_registes`", "[symbol-unknown]"]
    host.failed("check: symbols", 40, *told)


@pytest.mark.parametrize("name", ["greeter", "caller", "relay", "party", "sulks"])
def test_each_module_is_judged_with_what_those_before_it_export(host: Host, name: str) -> None:
    done = host.succeeded("check: chain")
    assert f"{name}: not from the kernel's own tree  [out-of-tree]" in done.err
    assert "symbol" not in done.err
    found = [each for each in done.json["findings"] if each["module"] == name]
    assert {each["rule"] for each in found} == {"unsigned", "out-of-tree"}


def test_modules_in_rust_that_link_to_each_other_are_judged_and_loaded(host: Host) -> None:
    document = host.succeeded("check: rust").json
    assert _loaded(document) == {"adder": (1, ["calls_from_rust"]), "calls_from_rust": (0, [])}
    assert {each["rule"] for each in document["findings"]} == {"unsigned", "out-of-tree"}
    printed = [record["text"] for record in document["log"]]
    assert "calls_from_rust: 2 + 3 = 5" in printed
    assert "adder" in host.succeeded("check: rust out").err


def test_what_somebody_else_loads_in_the_meantime_is_there(host: Host) -> None:
    done = host.succeeded("needs: race")
    assert "greeter was loaded by something else in the meantime" in done.err
    assert "Loaded caller" in done.err


def test_what_a_loaded_module_exports_is_known_without_its_file(host: Host) -> None:
    assert "Loaded caller" in host.succeeded("check: exports of what is loaded").err
