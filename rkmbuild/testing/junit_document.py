"""Results as JUnit's XML, in the form that Jenkins, GitLab and GitHub's reporters read."""

import datetime as dt
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

from rkmbuild.base import files
from rkmbuild.base.errors import StorageError
from rkmbuild.testing.results import KernelRun, Session, Status, TestResult

# What XML 1.0 has no way to write.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def prepare(file: Path) -> None:
    """Make the folder of a file that is to be written later.

    Raises:
        StorageError: that cannot be done, or a folder is where the file is to be.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from None
    if file.is_dir() or not os.access(file if _is_special(file) else file.parent, os.W_OK):
        raise StorageError(f"cannot write {file}")


def write(session: Session, file: Path) -> None:
    """Write the file, whole or not at all; a device or a pipe, as /dev/stdout, is written into.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        if _is_special(file):
            file.write_bytes(document(session))
        else:
            files.write(file, document(session))
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from None


def _is_special(file: Path) -> bool:
    """Tell whether a file is there that another one must not take the place of."""
    return file.exists() and not file.is_file()


def document(session: Session) -> bytes:
    """Return the document: a suite for each module and kernel."""
    root = ET.Element("testsuites", _numbers(session.results, session.seconds))
    root.set("name", ", ".join(session.modules))
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for run in session.runs:
        root.append(_suite(run, now))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _suite(run: KernelRun, now: str) -> ET.Element:
    seconds = sum(result.seconds or 0.0 for result in run.results)
    suite = ET.Element("testsuite", _numbers(run.results, seconds))
    suite.set("name", f"{run.module} on {run.release}")
    suite.set("timestamp", now)
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="kernel", value=run.release)
    suite.extend(_case(run.module, result) for result in run.results)
    return suite


def _case(module: str, result: TestResult) -> ET.Element:
    group, _, name = result.case.name.rpartition("::")
    # Readers tell tests apart by class and name, also those of several kernels.
    classname = ".".join(
        part.replace(".", "_") if part == result.release else part
        for part in (module, result.release, *(group.split("::") if group else ()))
    )
    case = ET.Element("testcase", classname=classname, name=_text(name))
    case.set("time", f"{result.seconds or 0.0:.3f}")
    if result.case.file:
        case.set("file", _text(result.case.file))
    if result.case.line:
        case.set("line", str(result.case.line))
    message = _text(result.message)
    if result.status is Status.SKIPPED:
        ET.SubElement(case, "skipped", message=message)
    elif result.status is Status.FAILED:
        found = ET.SubElement(case, "failure", message=message, type="failed")
        found.text = _text("\n".join([result.message, *result.output]))
    elif not result.status.good:
        found = ET.SubElement(case, "error", message=message, type=result.status.value)
        traces = [str(line) for trouble in result.troubles for line in trouble.trace]
        found.text = _text("\n".join([result.message, *traces, *result.explanation]))
    if result.output:
        ET.SubElement(case, "system-out").text = _text("\n".join(result.output))
    if result.log and not result.status.good:
        log = "\n".join(map(str, result.log))
        ET.SubElement(case, "system-err").text = _text(log)
    return case


def _numbers(results: tuple[TestResult, ...], seconds: float) -> dict[str, str]:
    statuses = [result.status for result in results]
    failed, skipped = statuses.count(Status.FAILED), statuses.count(Status.SKIPPED)
    passed = statuses.count(Status.PASSED)
    return {
        "tests": str(len(results)),
        "failures": str(failed),
        "errors": str(len(results) - passed - failed - skipped),
        "skipped": str(skipped),
        "time": f"{seconds:.3f}",
    }


def _text(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
