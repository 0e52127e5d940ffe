"""Feeds `check` and `inspect` with made-up files: no exception, no hang, little memory.

    python -m tests.fuzz SECONDS [FOLDER]

FOLDER keeps what was found between runs. libFuzzer prints its statistics at the end, and ends with
a status other than 0, and the file that did it, at the first input that breaks the promise.
"""

import contextlib
import faulthandler
import resource
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rkmbuild.ko", "rkmbuild.verdict"]):
    from rkmbuild.base.errors import NotAModuleError
    from rkmbuild.ko import contents
    from rkmbuild.verdict import check
    from rkmbuild.verdict.rules.table import RULES

from tests import modules

# More than a file of this size may take, judged on a busy machine under instrumentation.
SECONDS_EACH = 5
MEMORY = 2 << 30
LARGEST = 16 << 10
TARGETS = (modules.kernel("6.1.0"), modules.kernel("6.12.0"), modules.kernel("6.14.0"))


def one_input(data: bytes) -> None:
    """Judge and read one file: whatever it is, there is a verdict on it."""
    for target in TARGETS:
        verdict = check.judge(data, target, explain=False)
        assert verdict.exit_code in (0, 40, 41, 42)
        assert all(finding.rule.id in RULES for finding in verdict.findings)
        verdict.document()
    with contextlib.suppress(NotAModuleError):
        contents.read(data, name="fuzz").document()


def seeds(folder: Path) -> None:
    """Write small modules to begin with."""
    made = {
        "tiny": bytes(modules.module()),
        "exporting": bytes(
            modules.module().add(
                modules.Sec("__ksymtab_strings", b"mine\0"),
                modules.Sec("__ksymtab", bytes(12), relocs=(modules.Reloc(4, 2, "__kstrtab"),)),
                modules.Sym("__kstrtab", "__ksymtab_strings"),
            )
        ),
        "signed": bytes(modules.module()) + bytes(12) + b"~Module signature appended~\n",
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)


def main() -> None:
    """Run for as long as asked."""
    seconds = int(sys.argv[1])
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as fresh:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(fresh)
        folder.mkdir(exist_ok=True)
        seeds(folder)
        options = [f"-max_total_time={seconds}", f"-timeout={SECONDS_EACH}", "-verbosity=0"]
        options += [f"-max_len={LARGEST}", f"-artifact_prefix={folder}/", "-rss_limit_mb=0"]
        options += ["-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, str(folder)], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
