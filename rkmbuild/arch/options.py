"""Options of a kernel's configuration that matter to a module written in Rust."""

from typing import NamedTuple


class Option(NamedTuple):
    """A configuration option that matters to a module written in Rust.

    Attributes:
        names: Its names without CONFIG_, the newest first.
        matter: What it changes.
    """

    names: tuple[str, ...]
    matter: str
