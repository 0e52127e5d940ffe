"""examples/adder under `rkmbuild load`, `list` and `unload`: one function, whoever asks for it."""

import pytest

from tests.vm.host_world import Host


def _shown(host: Host, caller: str) -> dict[str, str]:
    lines = host.succeeded(f"adder: from {caller}").out.splitlines()
    return dict(line.split(" ", 1) for line in lines)


def _listed(host: Host) -> dict[str, tuple[int, set[str]]]:
    """Return reference count and users of what is loaded, but for one that cannot go."""
    listed = host.succeeded("adder: listed").json
    return {
        each["name"]: (each["refcount"], set(each["used_by"]))
        for each in listed
        if not each["permanent"]
    }


@pytest.mark.parametrize("caller", ["Rust", "C"])
def test_a_function_has_one_address_by_name_by_pointer_and_for_the_kernel(
    host: Host, caller: str
) -> None:
    (line,) = [
        line
        for line in host.succeeded("adder: kallsyms").out.splitlines()
        if line.split()[2] == "add"
    ]
    there = int(line.split()[0], 16)
    assert there >> 31 == (1 << 33) - 1, "modules lie in the last 2 GiB"
    shown = _shown(host, caller)
    for way in ("by_name", "by_pointer", "in_table"):
        assert int(shown[way], 16) == there, way
    assert (shown["sum_by_name"], shown["sum_by_pointer"]) == ("5", "50")
    assert shown["counted"] == "2"


def test_nothing_is_loaded_without_what_it_calls(host: Host) -> None:
    told = ("calls_from_rust needs `add", "/alone")
    host.failed("adder: missing", 40, *told)
    said = host.done["adder: missing to the kernel"]
    assert "calls_from_c: Unknown symbol add (err -2)" in said.out, said


def test_what_is_called_is_loaded_first_and_counts_who_calls_it(host: Host) -> None:
    loaded = host.succeeded("adder: load").json
    assert [each["name"] for each in loaded["loaded"]] == ["adder", "calls_from_rust"]
    assert _listed(host) == {
        "adder": (2, {"calls_from_rust", "calls_from_c"}),
        "calls_from_rust": (0, set()),
        "calls_from_c": (0, set()),
    }
    (row,) = [
        line.split()
        for line in host.succeeded("adder: listed as text").out.splitlines()
        if line.startswith("adder ")
    ]
    assert "2" in row


def test_what_is_called_stays_until_the_last_caller_has_gone(host: Host) -> None:
    host.failed("adder: in use", 35, "in use by", "calls_from_rust", "(refcount 2)")
    host.succeeded("adder: one user less")
    host.failed("adder: still in use", 35, "in use by calls_from_c (refcount 1)")
    done = host.succeeded("adder: unload")
    # Each reading of a file added two numbers twice, and each caller two at its start.
    assert "adder: added 6 times" in done.out
    gone = [done.err.index(f"Unloaded {name}") for name in ("calls_from_c", "adder")]
    assert gone == sorted(gone)


@pytest.mark.parametrize("host", ["6.12"], indirect=True)
def test_what_is_explained_of_a_module_in_rust_is_what_the_kernel_wrote(host: Host) -> None:
    _all_as_explained(host, "Rust")


def test_what_is_explained_of_a_module_in_c_is_what_the_kernel_wrote(host: Host) -> None:
    _all_as_explained(host, "C")


def _all_as_explained(host: Host, caller: str) -> None:
    """Compare each place that relocations fill, but for those that the kernel changes later."""
    explained = host.succeeded(f"adder: read back in {caller}").json
    assert explained["loaded"]
    assert explained["kernel"] == host.tree.release
    kept = [each for each in explained["relocations"] if not each["later"]]
    assert [each for each in kept if each["bytes"] != each["there"]] == []
    types = {each["type"].removeprefix("R_X86_64_") for each in kept}
    assert types >= {"64", "32S", "PC32", "PLT32"}
    # That of calls to the other module among them, by its real address.
    (function,) = {each["S"]["address"] for each in kept if each["symbol"] == "add"}
    assert function == _shown(host, caller)["by_name"]
