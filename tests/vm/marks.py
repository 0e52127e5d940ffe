"""Where the sources of the modules that crash have their marks: comments `place: …`."""

import re

from tests.vm import crate_guest


def marked(mark: str) -> tuple[str, int]:
    """Return the file and the number of the line that has a mark."""
    pattern = re.compile(rf"place: {re.escape(mark)}(?: \*/)?$")
    found = [
        (str(file), number)
        for module in ("crashes", "leaves")
        for file in sorted((crate_guest.MODULES / module / "src").iterdir())
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    (place,) = found
    return place
