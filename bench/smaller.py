"""Tries ways to make a module smaller on hello_world: `python -m bench.smaller [--kernel 6.12]`.

Each is a change of its source or its Cargo.toml, in bench/smaller.toml, and is built by itself;
what matters is the difference.
"""

import argparse
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

from rkmbuild.base import console, paths
from rkmbuild.ko.elf import Elf
from rkmbuild.pipeline import pipeline
from rkmbuild.pipeline.pipeline import BuildRequest

_EXAMPLE = paths.data("examples") / "hello_world"
_SHOWN = 'pr_info!("{}\\n", self.message);'
_KEPT = "Ok(HelloWorld { message })"


def example() -> Path:
    """Return the source of the example."""
    return _EXAMPLE / "src" / "lib.rs"


def changes() -> list[dict[str, str]]:
    """Return the changes, the first of which is none."""
    text = Path(__file__).with_suffix(".toml").read_text()
    found: list[dict[str, str]] = tomllib.loads(text)["change"]
    return found


def source(change: Mapping[str, str], text: str) -> str:
    """Return the example's source with a change.

    Raises:
        ValueError: it has not what is to be changed.
    """
    for place in (_SHOWN, _KEPT):
        if text.count(place) != 1:
            raise ValueError(f"hello_world does not have one {place}")
    text = text.replace(_KEPT, f"{change.get('keep', '')}\n{_KEPT}")
    return text.replace(_SHOWN, change.get("show", _SHOWN)) + change.get("more", "")


def build(change: Mapping[str, str], folder: Path, kernel: str) -> tuple[int, int]:
    """Build the example with a change; return the bytes of the module, and of its code."""
    project = folder / "hello_world"
    shutil.copytree(_EXAMPLE, project, ignore=shutil.ignore_patterns("target"))
    manifest, file = project / "Cargo.toml", project / "src" / "lib.rs"
    manifest.write_text(manifest.read_text() + change.get("manifest", ""))
    file.write_text(source(change, file.read_text()))
    data = pipeline.build(BuildRequest(path=project, kernel=kernel)).module.read_bytes()
    shutil.rmtree(project)
    code = sum(each.size for each in Elf(data).sections if each.executable and each.allocated)
    return len(data), code


def main() -> None:
    """Build all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", default="6.12", help="a release, a part of one, or a path")
    options = parser.parse_args()
    found: dict[str, tuple[int, int]] = {}
    rows = []
    with tempfile.TemporaryDirectory(prefix="rkmbuild-bench-") as folder:
        for change in changes():
            name = change["name"]
            size, code = found[name] = build(change, Path(folder), options.kernel)
            size_before, code_before = found[change.get("beside", next(iter(found)))]
            rows.append([name, f"{size:,}", f"{size - size_before:+,}", f"{code - code_before:+,}"])
    console.table(["what", "bytes", "more or less", "of it code"], rows)


if __name__ == "__main__":
    main()
