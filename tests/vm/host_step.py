"""One thing that is done on the tests' host."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that is done in the guest: a command of the tool, or a shell's, or Python."""

    label: str
    tool: tuple[str, ...] = ()
    shell: str = ""
    python: str = ""
    user: str = "root"
    stdin: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    interrupt_after: float = 0
    drop_capability: int = 0

    def document(self) -> dict[str, Any]:
        return asdict(self)


def tool(label: str, words: str, *more: str, **options: Any) -> Step:
    return Step(label=label, tool=(*words.split(), *more), **options)


def shell(label: str, command: str, **options: Any) -> Step:
    return Step(label=label, shell=command, **options)
