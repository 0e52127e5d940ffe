"""How far `check` is to be believed, and what it costs: the figures of docs/check.md.

    python -m bench.check KERNEL KERNEL... [--corpus FILES] [--fuzz SECONDS] [--json FILE]

A KERNEL is what `--kernel` takes; its lib/modules has to be at hand. All of its modules are judged
for it and for the others: how many, milliseconds of processor time each, what was refused, what was
found, and the slowest one. With --corpus broken modules are offered to each kernel as well, FILES
of them with bits turned over; with --fuzz a fuzzer makes files up for so long.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rkmbuild.base import console, process
from rkmbuild.kernel import find
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import compression
from rkmbuild.verdict import batch, check, target
from rkmbuild.verdict.target import Target
from tests.corpus.cases import offered


def own(tree: KernelTree, known: Target) -> dict[str, Any]:
    """Judge every module of a kernel for it, in this process."""
    assert tree.modules
    paths = batch.files([tree.modules / "kernel"])
    unpacking = judging = 0.0
    slowest = (0.0, "")
    findings: Counter[str] = Counter()
    refused = 0
    for path in paths:
        started = time.process_time()
        data = compression.decompress(path)
        unpacked = time.process_time()
        verdict = check.judge(data, known, name=path.name, explain=False)
        seconds = time.process_time() - unpacked
        unpacking += unpacked - started
        judging += seconds
        slowest = max(slowest, (seconds, path.name))
        refused += verdict.refusal is not None
        findings.update({finding.rule.id for finding in verdict.findings})
    return {
        "kernel": tree.release,
        "modules": len(paths),
        "refused": refused,
        "findings": dict(findings),
        "unpack_ms": 1000 * unpacking / len(paths),
        "judge_ms": 1000 * judging / len(paths),
        "slowest": slowest[1],
        "slowest_ms": 1000 * slowest[0],
    }


def foreign(tree: KernelTree, known: Target) -> dict[str, Any]:
    """Judge every module of a kernel for another one, on all processors."""
    assert tree.modules
    paths = batch.files([tree.modules / "kernel"])
    started = time.perf_counter()
    verdicts = list(batch.judge(paths, known, explain=False))
    reasons = Counter(verdict.refusal.rule.id if verdict.refusal else "" for verdict in verdicts)
    return {
        "modules_of": tree.release,
        "judged_for": known.release,
        "modules": len(paths),
        "taken": reasons.pop("", 0),
        "reasons": dict(reasons),
        "wall_seconds": time.perf_counter() - started,
    }


def corpus(tree: KernelTree, flipped: int) -> dict[str, Any]:
    """Offer broken modules to a kernel, and compare its answers with the verdicts."""
    with tempfile.TemporaryDirectory(prefix="rkmbuild-") as folder:
        files, cases = offered(tree, Path(folder), flipped)
    loaded = sum(case.answer.errno == 0 for case in cases)
    return {
        "kernel": tree.release,
        "files": files,
        "offered": len(cases),
        "loaded": loaded,
        "refused": sum(bool(case.answer.errno) for case in cases),
        "disagreements": sum(bool(case.disagreement()) for case in cases),
        "crashes": sum(case.answer.crashed for case in cases),
    }


def fuzz(seconds: int) -> int:
    """Return how many files a fuzzer made up, none of which broke the checker."""
    done = process.run(
        [sys.executable, "-m", "tests.fuzz", str(seconds)],
        doing="fuzzing",
        cwd=Path(__file__).parents[1],
    )
    found = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert found, done.stderr
    return int(found[1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kernels", nargs="+")
    parser.add_argument("--corpus", type=int, metavar="FILES")
    parser.add_argument("--fuzz", type=int, metavar="SECONDS")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    trees = [find.select(kernel) for kernel in asked.kernels]
    targets = [target.of(tree) for tree in trees]
    rows = [own(tree, known) for tree, known in zip(trees, targets, strict=True)]
    console.table(
        ("kernel", "modules", "refused", "unpack ms", "judge ms", "slowest", "ms"),
        [
            (
                row["kernel"],
                str(row["modules"]),
                str(row["refused"]),
                f"{row['unpack_ms']:.1f}",
                f"{row['judge_ms']:.1f}",
                row["slowest"],
                f"{row['slowest_ms']:.0f}",
            )
            for row in rows
        ],
        title="Every module, judged for its own kernel",
    )
    for row in rows:
        console.line(f"{row['kernel']}: {row['findings']}")
    others = [
        foreign(tree, known) for tree in trees for known in targets if known.release != tree.release
    ]
    console.line()
    console.table(
        ("modules of", "judged for", "modules", "taken", "refused for", "wall s"),
        [
            (
                row["modules_of"],
                row["judged_for"],
                str(row["modules"]),
                str(row["taken"]),
                ", ".join(f"{reason} {count}" for reason, count in row["reasons"].items()),
                f"{row['wall_seconds']:.0f}",
            )
            for row in others
        ],
        title="Judged for another kernel",
    )
    agreed = [corpus(tree, asked.corpus) for tree in trees] if asked.corpus else []
    if agreed:
        console.line()
        console.table(
            ("kernel", "files", "offered", "loaded", "refused", "disagreements", "crashes"),
            [tuple(str(value) for value in row.values()) for row in agreed],
            title="Broken modules, offered to the kernel",
        )
    executions = fuzz(asked.fuzz) if asked.fuzz else 0
    if executions:
        console.line(f"\nfuzzing: {executions} executions in {asked.fuzz} s")
    if asked.json:
        document = {"own": rows, "other": others, "corpus": agreed, "fuzz": executions}
        asked.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
