"""`rkmbuild load`, `unload` and `list`, run by root on booted kernels."""

import pytest

import rkmbuild
from tests.vm.host_world import Host


def _names(host: Host, label: str) -> list[str]:
    return [module["name"] for module in host.succeeded(label).json]


def test_a_kernel_without_modules_lists_none(host: Host) -> None:
    assert host.succeeded("list: empty").json == []


def test_a_module_built_by_rkmbuild_is_loaded_from_its_project_and_known_as_such(
    host: Host,
) -> None:
    assert "hello_world: Hello kernel module!" in host.succeeded("rust: load").out
    hello = host.succeeded("rust: list").json[0]
    assert (hello["name"], hello["rkmbuild"]) == ("hello_world", rkmbuild.__version__)
    printed = host.succeeded("rust: unload").out
    assert "hello_world: My message is on the heap!" in printed
    assert "hello_world: Goodbye kernel module!" in printed


def test_a_load_shows_what_the_kernel_printed(host: Host) -> None:
    done = host.succeeded("load: parameters")
    assert done.out.count("greeter: Hello the wörld! from 1.0") == 2
    assert "Loaded greeter (refcount 0)" in done.err


def test_parameters_arrive_in_the_kernel(host: Host) -> None:
    assert host.succeeded("sys: parameters").out.split("\n")[:4] == ["the wörld", "1,2,0", "2", "Y"]


def test_the_log_of_a_load_is_in_its_json(host: Host) -> None:
    document = host.succeeded("load: caller").json
    assert (document["name"], document["path"]) == ("caller", "/m/caller.ko")
    assert "greeter: Hello caller! from 1.0" in [record["text"] for record in document["log"]]


def test_a_loaded_module_is_not_loaded_again(host: Host) -> None:
    host.failed("load: twice", 33, "greeter is loaded already", "load --replace")


def test_modules_of_rkmbuild_are_listed_first(host: Host) -> None:
    lines = host.succeeded("list: both").out.splitlines()
    assert [line.split()[0] for line in lines] == ["module", "greeter", "caller"]
    assert "caller   Live   OE     1.0      rkmbuild 1.2.3" in lines[1]
    greeter, caller = host.succeeded("list: both json").json
    assert (greeter["rkmbuild"], greeter["used_by"], greeter["refcount"]) == (
        "1.2.3",
        ["caller"],
        1,
    )
    assert (caller["rkmbuild"], caller["state"], caller["taint"]) == (None, "Live", "OE")
    assert _names(host, "list: ours") == ["greeter"]


def test_what_another_module_uses_stays(host: Host) -> None:
    told = ("in use by caller (refcount 1)", "unload --with-users greeter")
    host.failed("unload: used by a module", 35, *told)
    host.failed("replace: used by a module", 35, "in use by caller")


def test_what_a_program_has_open_stays(host: Host) -> None:
    host.failed("unload: held open", 35, "in use (refcount 1)", "a program has it open")


def test_replace_swaps_a_loaded_module(host: Host) -> None:
    done = host.succeeded("replace: done")
    assert "Goodbye from 1.0" in done.out
    assert "Hello v2 from 2.0" in done.out
    assert "Replaced greeter" in done.err
    assert host.succeeded("list: replaced").json[0]["version"] == "2.0"


def test_a_refused_replacement_brings_the_old_module_back_with_its_parameters(host: Host) -> None:
    host.failed("replace: refused", 36, "told to fail", "No such device", "is loaded again")
    assert host.succeeded("list: put back").json[0]["version"] == "2.0"
    assert host.succeeded("sys: put back").out == "v2\n"


def test_a_refused_replacement_says_so_where_there_is_no_copy_of_the_old(host: Host) -> None:
    host.succeeded("insmod")
    label = "replace: refused without a copy"
    host.failed(label, 36, "no longer loaded", "there is no copy of it")
    assert _names(host, "list: gone") == []


def test_an_unload_shows_what_the_kernel_printed(host: Host) -> None:
    done = host.succeeded("unload: done")
    assert "greeter: Goodbye from 2.0" in done.out
    assert "Unloaded greeter" in done.err
    host.succeeded("unload: caller")


def test_what_is_not_loaded_is_not_unloaded(host: Host) -> None:
    host.failed("unload: not loaded", 34, "greeter is not loaded", "rkmbuild list")
    host.failed("unload: with dashes", 34, "no_such_module is not loaded")
    host.failed("unload: built in", 34, "built into the kernel")


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("load: text", "it is no ELF file"),
        ("load: missing", "No such file"),
        ("load: object", "it does not have the sections of one"),
        ("load: cut off", "damaged"),
    ],
)
def test_what_is_no_module_is_not_given_to_the_kernel(host: Host, label: str, told: str) -> None:
    host.failed(label, 31, told)


def test_a_module_for_another_kernel_is_refused_with_each_difference(host: Host) -> None:
    told = f"the running kernel, {host.tree.release}: built for {host.other.release}"
    rule = "[this-module" if host.has_crcs else "[vermagic]"
    host.failed("load: other kernel", 32, told, f"--kernel {host.tree.release}", rule)
    host.failed("load: other machine", 32, "built for", "on aarch64", "[elf-machine]")
    host.failed(
        "load: other options",
        32,
        "does not have `preempt`",
        "does not have `sparely`",
        "[vermagic]",
    )


def test_what_only_the_kernel_can_tell_is_told_in_its_own_lines(host: Host) -> None:
    if host.has_crcs:
        line = "greeter: disagrees about version of symbol misc_register"
        host.failed("load: other symbols", 36, line, "`misc_register` differs")
    else:
        line = "greeter: Unknown symbol misc_registes (err -2)"
        host.failed("load: other symbols", 36, line, "`misc_registes`")


def test_a_parameter_that_the_module_does_not_have_is_a_usage_error(host: Host) -> None:
    host.failed("load: unknown parameter", 2, "no parameter `cuont`", "did you mean `count`?")
    host.failed("load: bad value", 2, "`many` is no integer")


def test_a_parameter_that_the_kernel_refuses_is_shown_with_its_reason(host: Host) -> None:
    host.failed("load: too many values", 36, "can only take 3 arguments", "parameter `sizes`")


def test_an_init_function_that_fails_is_a_refusal(host: Host) -> None:
    done = host.failed("load: init fails", 36, "greeter: told to fail", "No such device")
    assert done.json["error"]["kind"] == "refused"


@pytest.mark.parametrize("suffix", ["xz", "gz", "zst"])
def test_a_packed_module_is_loaded(host: Host, suffix: str) -> None:
    assert "Hello kernel from 1.0" in host.succeeded(f"load: {suffix}").out
    host.succeeded(f"unload: {suffix}")


def test_a_projects_module_for_the_running_kernel_is_loaded(host: Host) -> None:
    assert host.succeeded("load: project").out.count("Hello kernel") == 3
    host.failed("load: unbuilt project", 3, "has not been built", "load --build")
    host.failed("load: no project", 3, "no module project")


def test_a_module_without_a_way_out_stays(host: Host) -> None:
    host.succeeded("load: stays")
    host.failed("unload: stays", 35, "no exit function")


def test_a_crash_in_init_is_shown_with_its_trace(host: Host) -> None:
    told = ("kernel BUG at", "greeter_init", "the kernel crashed", "reboot")
    host.failed("load: crash", 22, *told)
    crashed = host.succeeded("list: crashed").json[0]
    assert (crashed["name"], crashed["state"]) == ("greeter", "Loading")
    host.failed("unload: crashed", 35, "its state is Loading")


@pytest.mark.parametrize("host", ["6.1"], indirect=True)
def test_a_kernel_that_takes_no_unsigned_modules_says_why(host: Host) -> None:
    told = "Lockdown: insmod: unsigned module loading is restricted"
    host.failed("check: locked down", 40, "[lockdown]", "Secure Boot", "--allow lockdown")
    host.failed("load: locked down", 36, told, "the kernel is locked down")
    host.failed("check: unsigned", 40, "[signature-required]", "enforces signatures")
    told = "Loading of unsigned module is rejected"
    host.failed("load: unsigned", 36, told, "refuses unsigned modules")


def test_a_kernel_that_takes_no_modules_any_more_says_so(host: Host) -> None:
    host.failed("load: disabled", 40, "kernel.modules_disabled=1")
