"""How long an unload waits for what uses a module."""

import pytest

from rkmbuild.base.errors import InUseError, NotLoadedError
from rkmbuild.host import host, insertion, procmodules, records
from rkmbuild.kernel.loaded import LoadedModule


def _module(refcount: int, *, permanent: bool = False) -> LoadedModule:
    return LoadedModule(
        name="traced", size=1, refcount=refcount, used_by=(), permanent=permanent, state="Live",
        taint="OE",
    )  # fmt: skip


class Kernel:
    """One whose module is used less from look to look; its clock goes on by a second each time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *seen: LoadedModule | None) -> None:
        self.removed: list[str] = []
        looks = iter(seen)
        self._now = 0.0
        monkeypatch.setattr(procmodules, "find", lambda _: next(looks))
        monkeypatch.setattr("rkmbuild.host.host.monotonic", lambda: self._now)
        monkeypatch.setattr("rkmbuild.host.host.sleep", self._sleep)
        monkeypatch.setattr(insertion, "remove", lambda each, _: self.removed.append(each.name))
        monkeypatch.setattr(records, "forget", lambda _: None)

    def _sleep(self, _: float) -> None:
        self._now += 1


def test_a_module_is_unloaded_once_the_last_program_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernel = Kernel(monkeypatch, _module(2), _module(1), _module(0))
    assert host.unload("traced", wait=10).unloaded == ("traced",)
    assert kernel.removed == ["traced"]


def test_the_wait_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, *[_module(1)] * 4)
    with pytest.raises(InUseError, match="refcount 1"):
        host.unload("traced", wait=2)
    assert kernel.removed == []


def test_without_a_wait_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, _module(1))
    with pytest.raises(InUseError):
        host.unload("traced")


def test_what_has_no_way_out_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, _module(1, permanent=True))
    with pytest.raises(InUseError, match="no exit"):
        host.unload("traced", wait=10)


def test_what_went_by_itself_meanwhile_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch, _module(1), None)
    with pytest.raises(NotLoadedError, match="something else"):
        host.unload("traced", wait=10)
