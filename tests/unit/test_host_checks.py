"""What is decided about a load without the kernel: fit, reasons for a refusal, records."""

from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.host import records
from rkmbuild.host.records import LoadRecord
from rkmbuild.kernel.loaded import LoadedModule
from rkmbuild.klog import refusal


@pytest.mark.parametrize(
    ("line", "said", "told"),
    [
        # Recorded from Debian's 6.12 with kmod 30.
        (
            "[   39.968274] greeter: disagrees about version of symbol misc_register",
            "insmod: ERROR: could not insert module /m/symbols.ko: Invalid parameters",
            "`misc_register` differs",
        ),
        (
            "[   42.007724] greeter: `1' invalid for parameter `sizes'",
            "insmod: ERROR: could not insert module /m/greeter.ko: Invalid parameters",
            "`1` is no value for parameter `sizes`",
        ),
        (
            "[   69.255106] Loading of unsigned module is rejected",
            "insmod: ERROR: could not insert module /m/caller.ko: Key was rejected by service",
            "refuses unsigned modules",
        ),
        (
            (
                "[   67.863050] Lockdown: insmod: unsigned module loading is restricted; "
                "see man kernel_lockdown.7"
            ),
            "insmod: ERROR: could not insert module /m/caller.ko: Operation not permitted",
            "locked down",
        ),
        (
            "[   42.830536] greeter: told to fail",
            "insmod: ERROR: could not insert module /m/greeter.ko: No such device",
            "No such device",
        ),
    ],
)
def test_a_refusal_is_explained_by_the_kernels_own_lines(line: str, said: str, told: str) -> None:
    reason, _ = refusal.explain([line], said, ())
    assert told in reason
    assert not refusal.is_about_rights([line], said)


def test_a_module_that_needs_another_one_names_it() -> None:
    said = "insmod: ERROR: could not insert module /m/caller.ko: Unknown symbol in module"
    reason, hint = refusal.explain([], said, ("greeter",))
    assert "depends on greeter" in reason
    assert "modprobe -a greeter" in (hint or "")


def test_settings_that_end_loading_are_read(tmp_path: Path) -> None:
    setting = tmp_path / "setting"
    assert not refusal.modules_disabled(setting)
    setting.write_text("1\n")
    assert refusal.modules_disabled(setting)
    setting.write_text("none [integrity] confidentiality\n")
    assert refusal.is_locked_down(setting)
    setting.write_text("[none] integrity confidentiality\n")
    assert not refusal.is_locked_down(setting)


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadRecord:
    monkeypatch.setattr(paths, "state_dir", lambda: tmp_path / "state")
    made = LoadRecord(
        name="hello",
        path="/somewhere/hello.ko",
        parameters=("whom=you",),
        build_id="abcd",
        sequence=7,
        boot=records.boot_id(),
    )
    file = tmp_path / "hello.ko"
    file.write_bytes(b"the module")
    records.note(made, file)
    file.write_bytes(b"the next build")
    return made


def _loaded(build_id: str) -> LoadedModule:
    return LoadedModule(
        name="hello", size=1, refcount=0, used_by=(), permanent=False, state="Live", taint="OE",
        build_id=build_id,
    )  # fmt: skip


def test_what_was_loaded_can_be_put_back_though_its_file_changed(record: LoadRecord) -> None:
    found = records.copy_of(_loaded("abcd"))
    assert found is not None
    assert found[0].read_bytes() == b"the module"
    assert found[1] == record == records.latest()


def test_a_module_that_somebody_else_loaded_since_has_no_copy(record: LoadRecord) -> None:
    assert records.find("hello") == record
    assert records.copy_of(_loaded("ffff")) is None
    assert records.copy_of(_loaded("")) is None


def test_a_record_of_another_boot_counts_for_nothing(
    record: LoadRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "boot_id", lambda: f"not {record.boot}")
    assert records.find("hello") is None
    assert records.latest() is None


def test_a_damaged_record_counts_for_nothing(record: LoadRecord) -> None:
    (paths.state_dir() / "loaded" / f"{record.name}.json").write_text('{"name": ')
    assert records.find("hello") is None


def test_after_an_unload_there_is_no_copy_and_the_place_in_the_log_stays(
    record: LoadRecord,
) -> None:
    records.forget("hello")
    assert records.copy_of(_loaded("abcd")) is None
    assert records.find("hello") == record


def test_a_state_folder_that_cannot_be_written_is_no_failure(
    record: LoadRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(paths, "state_dir", lambda: tmp_path / "file")
    records.note(record, tmp_path / "hello.ko")
    assert records.find("hello") is None
