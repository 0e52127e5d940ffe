"""What a tool said about itself, remembered for as long as its file stays the same.

Asking costs a process; a build with a warm cache asks a dozen questions, so the answers are kept
in the state folder, one small file a question.
"""

import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rkmbuild import __version__
from rkmbuild.base import cache, paths
from rkmbuild.base.files import named_stamp, write


def remembered(
    question: str, files: Sequence[Path], ask: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Return the answer to `question` about `files`: the one kept, or a new one from `ask()`.

    An answer holds while path, size and time of change of every file are what they were, and for
    this release of rkmbuild only, as another may ask for more.
    What `ask` raises passes through and is not remembered: a failure may have reasons outside these
    files, such as a missing shared library.

    Raises:
        OSError: one of `files` is not there.
    """
    name = cache.key(__version__, question, [named_stamp(file) for file in files])
    place = paths.state_dir() / "answers" / f"{name}.json"
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(place.read_text())
        if isinstance(kept, dict):
            return kept
    answer = ask()
    # The answer is right without being kept: a state folder that cannot be written costs time.
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write(place, json.dumps(answer))
    return answer
