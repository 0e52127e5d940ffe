"""Offers files to a booted kernel, and reads what it answered to each."""

import errno as errnos
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.guest import boot
from rkmbuild.guest.result import Outcome
from rkmbuild.kernel import overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler

HERE = Path(__file__).parent
SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a kernel answered to a file.

    Attributes:
        errno: 0 for a module that was loaded; None where the kernel did not live to tell.
        log: The lines that it logged.
        stuck: Why a module that was loaded could not be unloaded, an errno; 0 where it could.
    """

    errno: int | None
    log: tuple[str, ...] = ()
    stuck: int = 0

    @property
    def crashed(self) -> bool:
        """Whether the kernel did not survive the file."""
        return self.errno is None


def build_agent(folder: Path) -> Path:
    """Compile the program that offers the files in the guest."""
    agent = folder / "agent"
    options = ["-Os", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-Wall"]
    argv = ["gcc", *options, "-Werror", "-o", str(agent), str(HERE / "agent.c")]
    process.run(argv, doing="compiling the agent")
    return agent


def build_subject(tree: KernelTree, folder: Path) -> bytes:
    """Build the module that the broken ones are made of, by kbuild, without debug information."""
    (folder / "subject.c").write_bytes((HERE / "subject.c").read_bytes())
    (folder / "Kbuild").write_text("obj-m := subject.o\n")
    made = overlay.prepare(tree, foreign_compiler=False)
    compiler = c_compiler.choose("gcc", tree).compiler.path
    options = [f"M={folder}", f"CC={compiler}", "CONFIG_DEBUG_INFO_BTF_MODULES="]
    argv = ["make", "-s", "-C", str(made.build), *options, "modules"]
    process.run(argv, doing="building the subject")
    ko = folder / "subject.ko"
    process.run(["strip", "--strip-debug", str(ko)], doing="stripping the subject")
    return ko.read_bytes()


def offer(
    tree: KernelTree,
    agent: Path,
    files: Sequence[bytes],
    *,
    boots: int,
    seconds: float = SECONDS,
    append: str = "",
) -> list[Answer]:
    """Offer each file to the kernel; one that it crashes on is left behind in a fresh guest.

    Args:
        tree: The kernel.
        agent: What `build_agent` made.
        files: The files.
        boots: How many guests to use at most; files beyond are left out of the answer.
        seconds: How long one guest may take.
        append: More of the kernel's command line.
    """
    answers: list[Answer] = []
    corpus = {f"corpus/{number}": data for number, data in enumerate(files)}
    for _ in range(boots):
        first, last = len(answers), len(files) - 1
        if first > last:
            break
        left = {place: corpus[place] for place in (f"corpus/{n}" for n in range(first, last + 1))}
        result = boot.boot(
            tree,
            files={"agent": agent, **left},
            script=[f"chmod +x /agent; /agent /corpus {first} {last}"],
            timeout=seconds,
            # What modules say at load is read from /dev/kmsg; on the console it would only cost.
            append=f"loglevel=1 {append}",
        )
        answers += _answers(result.lines, first)
        if result.outcome is not Outcome.FINISHED and len(answers) <= last:
            crashed = tuple(message.text for message in result.log[-40:])
            answers.append(Answer(errno=None, log=crashed))
    return answers


def _answers(lines: Sequence[str], first: int) -> list[Answer]:
    answers: list[Answer] = []
    log: list[str] = []
    for line in lines:
        mark, _, rest = line.partition(" ")
        if mark == ">":
            log = []
        elif mark == "|":
            log.append(rest)
        elif mark == "=":
            number, errno = map(int, rest.split())
            assert number == first + len(answers), line
            answers.append(Answer(errno=errno, log=tuple(log)))
        elif mark == "-" and answers:
            answers[-1] = Answer(
                errno=answers[-1].errno, log=answers[-1].log, stuck=int(rest.split()[1])
            )
    return answers


def _as_logged(text: str) -> set[str]:
    """Return how a text may look in /dev/kmsg (kernel/printk/printk.c: msg_add_ext_text).

    Bytes that are no letters are escaped there, and so is a backslash; in our texts those that are
    no UTF-8 are, and those that steer a terminal, in a short form where there is one, so that a
    backslash may be the byte's own or ours. A line ends at a newline.
    """
    raw = text.partition("\n")[0].encode()
    found = "".join(chr(c) if 32 <= c < 127 else f"\\x{c:02x}" for c in raw)
    steering = found.partition(r"\n")[0].replace(r"\r", r"\x0d")
    return {found, found.replace("\\", "\\x5c"), steering}


def disagreement(loads: bool, errno: str, log: str, answer: Answer) -> str:
    """Return how a prediction differs from the kernel's answer; empty where it does not.

    Args:
        loads: Whether the module was said to load.
        errno: Else the error that was said, as `ENOEXEC`.
        log: A part of the line that the kernel was said to log, or empty.
        answer: What it answered.
    """
    if answer.crashed:
        return "the kernel crashed"
    said = os.strerror(answer.errno) if answer.errno else "loaded"
    if loads:
        return "" if answer.errno == 0 else f"said to load, and the kernel says: {said}"
    if answer.errno != getattr(errnos, errno):
        return f"said to fail with {errno}, and the kernel says: {said}"
    # The kernel says some lines once for each boot.
    if log and not any(part in line for part in _as_logged(log) for line in answer.log):
        return f"said to log {log!r}, and the kernel logs {answer.log}"
    return ""
