"""Where this rkmbuild was installed from, for a machine that is to install it as well.

pip records it: direct_url.json of what is installed by an address or from a folder (PEP 610, and
"Recording the Direct URL Origin of installed distributions" of the PyPA's specifications); what
comes from an index has no such file.
"""

import json
from importlib import metadata
from typing import Any

from rkmbuild import __version__
from rkmbuild.base.errors import UsageError

_NAME = "rkmbuild"
_HINT = (
    "--from says what pip is given there: `git+https://…@<commit>`, the address of a wheel, or "
    f"`{_NAME}==<version>` once an index has it"
)


def requirement() -> str:
    """Return what pip is given to install this very rkmbuild elsewhere.

    From an index it is pinned to the version, from a repository to the commit.

    Raises:
        UsageError: it was installed from a file or folder of this machine, or not at all.
    """
    try:
        recorded = metadata.distribution(_NAME).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        raise UsageError(
            "this rkmbuild is not installed, so a workflow cannot install the same", hint=_HINT
        ) from None
    return from_record(json.loads(recorded)) if recorded else f"{_NAME}=={__version__}"


def from_record(record: dict[str, Any]) -> str:
    """Return what pip is given for an origin as direct_url.json has it.

    Raises:
        UsageError: no other machine has it.
    """
    url: str = record["url"]
    if url.startswith("file:"):
        raise UsageError(
            f"this rkmbuild was installed from {url.removeprefix('file://')}, which the service "
            "cannot reach",
            hint=_HINT,
        )
    parts = [f"subdirectory={record['subdirectory']}"] if "subdirectory" in record else []
    if "vcs_info" in record:
        vcs = record["vcs_info"]
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    elif sha256 := record.get("archive_info", {}).get("hashes", {}).get("sha256"):
        parts.append(f"sha256={sha256}")
    return f"{_NAME} @ {url}" + (f"#{'&'.join(parts)}" if parts else "")
