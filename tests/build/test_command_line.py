"""How the command ends where its words, its questions or its reader are at fault."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import rkmbuild, started

_TOOL = [sys.executable, "-m", "rkmbuild"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("check", "--json", "--bogus"), "No such option"),
        (("nosuch", "--json"), "No such command 'nosuch'"),
        (("unload", "--json"), "Missing argument 'NAME'"),
        (("build", "--json", "-j", "none"), "Invalid value for '--jobs'"),
    ],
)
def test_words_that_cannot_be_read_are_a_usage_error_as_any_other(
    words: tuple[str, ...], told: str
) -> None:
    done = rkmbuild(*words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {told}")
    assert "--help` shows" in done.stderr
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["exit_code"]) == ("usage", 2)
    assert error["message"].startswith(told)


def test_no_words_at_all_are_answered_by_the_list_of_commands() -> None:
    done = rkmbuild()
    assert done.returncode == 2
    assert "decode" in done.stdout
    assert "error" not in done.stderr


def test_a_reader_that_has_gone_is_neither_success_nor_a_case_of_its_own() -> None:
    with started(
        [*_TOOL, "check", "--rules", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 130


@pytest.mark.parametrize("answer", [b"n\n", b"\x03", b"\x04"], ids=["no", "Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("words", [("clean", "--cache"), ("doctor", "--fix")])
def test_a_question_that_is_not_answered_with_yes_interrupts(
    words: tuple[str, ...], answer: bytes, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    # A machine that lacks nearly all, so that there is something to ask.
    packages = shutil.which("apt-get")
    assert packages
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-get").symlink_to(packages)
    env = {"RKMBUILD_CACHE_DIR": str(cache), "PATH": str(programs), "HOME": str(tmp_path)}
    status, said = _on_a_terminal(words, answer, env | {"NO_COLOR": "1"})
    assert status == 130, said
    assert "error: " in said
    assert (cache / "CACHEDIR.TAG").exists()


def _on_a_terminal(words: tuple[str, ...], answer: bytes, env: dict[str, str]) -> tuple[int, str]:
    """Run the command on a terminal, answer its question, and return what it said."""
    between = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    with started(
        [sys.executable, "-c", between, *_TOOL, *words],
        env=os.environ | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        said = b""
        while b"[y/N]" not in said and (more := os.read(process.stdout.fileno(), 4096)):
            said += more
        more = b"?"
        while more:
            # Again, where it has not helped: a Ctrl-C that comes after the question and before the
            # read(2) of its answer interrupts nothing, as Python looks at signals after the read.
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(answer)
                process.stdin.flush()
            while select.select([process.stdout], [], [], 2)[0] and more:
                more = os.read(process.stdout.fileno(), 4096)
                said += more
        status = process.wait(20)
    return status, said.decode(errors="replace")


def test_bash_completes_commands_and_options() -> None:
    tool = Path(sys.executable).with_name("rkmbuild")
    for typed, completed in (("ch", "check"), ("build --all-f", "--all-features")):
        # What --show-completion prints in bash; tests need have no shell above them.
        script = f"source <(_RKMBUILD_COMPLETE=source_bash {tool})\n"
        script += f"COMP_WORDS=(rkmbuild {typed}); COMP_CWORD={len(typed.split())}\n"
        script += f'_rkmbuild_completion {tool}\necho "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        assert done.stdout.split() == [completed], done.stderr
