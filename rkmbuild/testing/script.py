"""What a guest does for a group of tests: its commands, and whose each of them is."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from rkmbuild.guest import initramfs
from rkmbuild.guest.trial import Plan, insert
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import parameters
from rkmbuild.testing import leaks
from rkmbuild.testing.cases import FOLDER, Case, CaseKind

# What tells a test the module's name.
VARIABLE = "RKMBUILD_MODULE"


class Role(Enum):
    """What a command is for."""

    PREPARE = auto()
    LOAD = auto()
    TEST = auto()
    UNLOAD = auto()


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command of a guest.

    Attributes:
        text: For the shell.
        role: What it is for.
        case: Which of the group's cases it belongs to; None for what all of them need.
    """

    text: str
    role: Role
    case: Case | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Tests that share a guest.

    Attributes:
        tree: The kernel.
        module: The module's name.
        with_tests: Its file with tests inside, for those of kind `kernel`.
        needed: How `run` would load the ordinary one, and what else is to be loaded before.
        cases: The tests; those of kind `cycles` keep to themselves.
        files: What the guest has: both modules, and what the tests need.
    """

    tree: KernelTree
    module: str
    with_tests: Path
    needed: Plan
    cases: tuple[Case, ...]
    files: Mapping[str, initramfs.Content]

    @property
    def append(self) -> str:
        """More of the kernel's command line."""
        own = leaks.COMMAND_LINE if self.cases[0].kind is CaseKind.CYCLES else ""
        return f"{own} {self.needed.append}".strip()


def with_tests_place(module: str) -> str:
    """Return where the module with its tests lies in the guest."""
    return f"/with-tests/{module}.ko"


def commands(group: Group, cases: Sequence[Case]) -> list[Command]:
    """Return the commands for some of a group's cases."""
    made = [
        Command(text=text, role=Role.PREPARE)
        for text in group.needed.script[: group.needed.loading]
    ]
    functions = [case for case in cases if case.kind is CaseKind.KERNEL]
    if functions:
        made += _in_kernel(group, functions)
    for case in cases:
        if case.kind is CaseKind.CYCLES:
            made += _cycles(group, case)
        elif case.kind is not CaseKind.KERNEL:
            made += _in_user_space(group, case)
    return made


def _in_kernel(group: Group, cases: Sequence[Case]) -> list[Command]:
    parameter = f"/sys/module/{group.module}/parameters/rkmbuild_test"
    return [
        Command(text=insert(with_tests_place(group.module)), role=Role.LOAD),
        *(
            Command(text=f"echo {shlex.quote(case.id)} >{parameter}", role=Role.TEST, case=case)
            for case in cases
        ),
        Command(text=_unload(group), role=Role.UNLOAD),
    ]


def _in_user_space(group: Group, case: Case) -> list[Command]:
    name = Path(case.file).name
    if case.kind is CaseKind.SCRIPT:
        run = f"sh {shlex.quote(f'./{name}')}"
    else:
        run = shlex.quote(program_place(case))
    environment = f"export {VARIABLE}={shlex.quote(group.module)}"
    return [
        # What `dmesg` shows a test is what the kernel says from here on.
        Command(
            text=f"dmesg -c >/dev/null; {_load(group, case.params)}", role=Role.LOAD, case=case
        ),
        Command(text=f"{environment}; cd /{FOLDER} && exec {run}", role=Role.TEST, case=case),
        # A test may have unloaded it itself.
        Command(
            text=f"[ ! -d /sys/module/{group.module} ] || {_unload(group)}",
            role=Role.UNLOAD,
            case=case,
        ),
    ]


def _cycles(group: Group, case: Case) -> list[Command]:
    def loop(count: int) -> Command:
        text = leaks.load_and_unload(_load(group), _unload(group), count)
        return Command(text=text, role=Role.LOAD, case=case)

    count = Command(text=leaks.COUNT, role=Role.TEST, case=case)
    first, second = leaks.halves(case.count)
    return [loop(leaks.WARM_UP), count, loop(first), count, loop(second), count]


def program_place(case: Case) -> str:
    """Return where a program lies in the guest."""
    return f"/programs/{Path(case.file).stem}"


def _load(group: Group, params: Sequence[str] = ()) -> str:
    words = parameters.check(group.needed.module, params)
    return insert(f"/{group.module}.ko", words)


def _unload(group: Group) -> str:
    return f"rmmod {shlex.quote(group.module)}"
