"""`rkmbuild log` decodes the traces of a booted kernel, whose build ids it knows."""

from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelVersion
from tests.vm.host_world import Host
from tests.vm.marks import marked

_WARNED = "    | decoded: WARNING: "


def test_a_trace_in_the_log_is_decoded_by_the_build_that_is_loaded(host: Host) -> None:
    lines = host.succeeded("log: trace").out.splitlines()
    (head,) = (number for number, line in enumerate(lines) if line.startswith(_WARNED))
    assert "crashes: matched by its build id (crashes.ko.debug)" in lines[head + 1]
    for mark in ("warn", "warn, from", "write"):
        file, line = marked(mark)
        assert any(f"/src/{Path(file).name}:{line}" in text for text in lines[head:])


def test_the_log_is_shown_as_it_is_where_that_is_wanted(host: Host) -> None:
    raw = host.succeeded("log: trace raw").out
    assert "crashes_warn+0x" in raw
    assert "    | " not in raw


def test_the_document_has_a_trace_at_the_record_that_ends_it(host: Host) -> None:
    records = host.succeeded("log: trace json").json
    assert all("decoded" in record for record in records)
    (last,) = (record for record in records if record["decoded"])
    assert last["text"].startswith("---[ end trace")
    assert last["decoded"][0]["where"]["line"] == marked("warn")[1]


def test_a_trace_that_comes_while_one_follows_is_decoded_as_it_ends(host: Host) -> None:
    lines = host.succeeded("log: trace followed").out.splitlines()
    assert sum(line.startswith(_WARNED) for line in lines) == 2


def test_an_address_in_an_unloaded_module_is_told_by_where_it_was_loaded(host: Host) -> None:
    if host.tree.config.on("ARCH_HAS_EXECMEM_ROX"):
        pytest.skip("the machine may not survive it; see host_steps, and test_decode")
    out = host.succeeded("log: unloaded").out
    assert "was in leaves, which was unloaded:" in out
    assert "leaves: matched by its build id (leaves.ko.debug)" in out
    assert f"/src/lib.rs:{marked('stay')[1]}" in out


def test_a_load_that_crashes_tells_where_in_the_source(host: Host) -> None:
    # A step that was left out by mistake is a failure, not a skip.
    if host.tree.version >= KernelVersion(6, 5):
        pytest.skip("from 6.5 on a load after one that crashed may end the kernel; see host_steps")
    host.failed(
        "load: crash decoded",
        22,
        "crashes: matched by its build id (crashes.ko.debug)",
        f"/src/ways.rs:{marked('null')[1]}",
        "the kernel is no longer stable",
    )
