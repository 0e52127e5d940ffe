"""`rkmbuild log` on booted kernels."""

import json

from tests.vm.host_world import Host


def test_the_log_of_a_module_is_all_that_it_printed_and_nothing_else(host: Host) -> None:
    lines = host.succeeded("log: module").out.splitlines()
    assert all("] greeter: " in line for line in lines)
    assert [line.partition("greeter: ")[2] for line in lines] == [
        "Hello the wörld! from 1.0",
        "Hello the wörld! from 1.0",
        "Hello caller! from 1.0",
        "Goodbye from 1.0",
        "Hello v2 from 2.0",
        "Goodbye from 2.0",
        "told to fail",
        "Hello v2 from 2.0",
    ]


def test_the_log_since_the_load_begins_with_that_load(host: Host) -> None:
    lines = host.succeeded("log: since load").out.splitlines()
    # The load that replaced version 1 begins with its end.
    assert [line.partition("greeter: ")[2] for line in lines][:2] == [
        "Goodbye from 1.0",
        "Hello v2 from 2.0",
    ]
    records = host.succeeded("log: since load json").json
    assert records[0]["text"] == "greeter: Goodbye from 1.0"
    assert records[0]["level"] == "info"


def test_what_this_user_did_not_load_has_no_place_in_the_log(host: Host) -> None:
    host.failed("log: never loaded", 34, "has not been loaded by this user's `rkmbuild load`")


def test_a_module_cannot_steer_the_terminal(host: Host) -> None:
    out = host.succeeded("log: stays").out
    assert r"here to stay: \x1b[31m50% grün\x1b[0m" in out
    assert "\x1b" not in out


def test_follow_shows_what_comes_and_ctrl_c_ends_it_cleanly(host: Host) -> None:
    done = host.succeeded("log: follow")
    # When it had shown what was there, the module was loaded and unloaded once more.
    assert [line.partition("greeter: ")[2] for line in done.out.splitlines()][-2:] == [
        "Hello follower from 1.0",
        "Goodbye from 1.0",
    ]
    assert len(done.out.splitlines()) == len(host.succeeded("user: log").out.splitlines()) + 2
    assert done.err == ""


def test_follow_with_json_gives_a_document_a_line(host: Host) -> None:
    done = host.succeeded("log: follow json")
    sequences = [json.loads(line)["sequence"] for line in done.out.splitlines()]
    assert sequences == sorted(sequences)
    assert len(sequences) > 100


def test_messages_that_were_overwritten_are_counted_and_reading_goes_on(host: Host) -> None:
    first, lost, rest = map(int, host.succeeded("log: overwritten").out.split())
    assert first == 0
    assert lost > 1000
    assert rest == 0
