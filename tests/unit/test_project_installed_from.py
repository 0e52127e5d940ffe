"""What a workflow installs is what this rkmbuild was installed from, if others can reach it."""

from importlib import metadata
from typing import Any

import pytest

from rkmbuild import __version__
from rkmbuild.base.errors import UsageError
from rkmbuild.project import installed_from

_URL = "https://example.org/rkmbuild"


@pytest.mark.parametrize(
    ("record", "given"),
    [
        (
            {
                "url": _URL,
                "vcs_info": {"vcs": "git", "commit_id": "0f3c", "requested_revision": "x"},
            },
            f"rkmbuild @ git+{_URL}@0f3c",
        ),
        (
            {"url": _URL, "subdirectory": "a/b", "vcs_info": {"vcs": "git", "commit_id": "0f3c"}},
            f"rkmbuild @ git+{_URL}@0f3c#subdirectory=a/b",
        ),
        (
            {"url": f"{_URL}.whl", "archive_info": {"hashes": {"sha256": "e3b0"}}},
            f"rkmbuild @ {_URL}.whl#sha256=e3b0",
        ),
        ({"url": f"{_URL}.whl", "archive_info": {}}, f"rkmbuild @ {_URL}.whl"),
    ],
)
def test_an_address_is_pinned_to_what_was_installed(record: dict[str, Any], given: str) -> None:
    assert installed_from.from_record(record) == given


@pytest.mark.parametrize("more", [{"dir_info": {"editable": True}}, {"archive_info": {}}])
def test_what_lies_on_this_machine_cannot_be_installed_elsewhere(more: dict[str, Any]) -> None:
    with pytest.raises(
        UsageError, match="from /home/me/rkmbuild, which the service cannot"
    ) as told:
        installed_from.from_record({"url": "file:///home/me/rkmbuild", **more})
    assert "--from" in str(told.value.hint)


class _Installed:
    """What is installed, of which pip has recorded nothing: it came from an index."""

    def read_text(self, _name: str) -> None:
        return None


def test_what_came_from_an_index_is_pinned_to_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "distribution", lambda _name: _Installed())
    assert installed_from.requirement() == f"rkmbuild=={__version__}"


def test_what_is_not_installed_cannot_be_installed_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(UsageError, match="not installed"):
        installed_from.requirement()
