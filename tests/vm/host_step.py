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
    # A shell's command for when it has said something, and a pattern of what it has said before it
    # gets SIGINT.
    meanwhile: str = ""
    interrupt_when: str = ""
    drop_capability: int = 0

    def document(self) -> dict[str, Any]:
        return asdict(self)


def tool(label: str, words: str, *more: str, **options: Any) -> Step:
    return Step(label=label, tool=(*words.split(), *more), **options)


def shell(label: str, command: str, **options: Any) -> Step:
    return Step(label=label, shell=command, **options)


def instead(program: str, folder: str, *first: str) -> Step:
    """Make a program in `folder` that does something else the first times that it is called."""
    cases = "".join(f"{number}) {command};;\n" for number, command in enumerate(first))
    return shell(
        f"{program} in {folder}",
        f"mkdir -p {folder}; cat >{folder}/{program}; chmod +x {folder}/{program}",
        stdin="#!/bin/busybox sh\n"
        f"number=$(cat {folder}/count 2>/dev/null)\n"
        f"echo $((number + 1)) >{folder}/count\n"
        f"case ${{number:-0}} in\n{cases}esac\n"
        # By its path: busybox would run a program of its own of this name.
        f'exec $(PATH=/usr/sbin:/usr/bin which {program}) "$@"\n',
    )


def path(folder: str) -> dict[str, str]:
    """Return the environment in which programs are looked for in `folder` first."""
    return {"PATH": f"{folder}:/usr/sbin:/usr/bin:/bin"}
