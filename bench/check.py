"""All modules of some kernels, judged for their own kernel and for each other's.

    bench/check.py KERNEL KERNEL... [--json FILE]

A KERNEL is what `--kernel` takes; its lib/modules has to be at hand. Prints a table: modules,
milliseconds each (one process, unpacked from the disk's cache), what was refused by itself and by
the others, the dependencies that differ from modprobe's, and the slowest module.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rkmbuild import console
from rkmbuild.kernel import find
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.module import batch, check, compression, target
from rkmbuild.module.target import Target


def own(tree: KernelTree, known: Target) -> dict[str, Any]:
    """Judge every module of a kernel for it, in this process."""
    assert tree.modules
    paths = batch.files([tree.modules / "kernel"])
    unpacking = judging = 0.0
    slowest = (0.0, "")
    findings: Counter[str] = Counter()
    refused = 0
    for path in paths:
        started = time.perf_counter()
        data = compression.decompress(path)
        unpacked = time.perf_counter()
        verdict = check.judge(data, known, name=path.name, explain=False)
        seconds = time.perf_counter() - unpacked
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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kernels", nargs="+")
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
    if asked.json:
        asked.json.write_text(json.dumps({"own": rows, "other": others}, indent=2) + "\n")


if __name__ == "__main__":
    main()
