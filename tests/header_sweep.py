"""Binds all headers of a kernel, many at a time: which do not bind, and what differs from BTF.

Headers that bind together bind alone. Where some do not, those that the error is about are taken
out, or all are halved until one is left, so that four thousand take a quarter of an hour.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rkmbuild.base.errors import BuildError
from rkmbuild.kernel import cflags
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import bindings, pipeline
from rkmbuild.pipeline.api.portable import PortableApi
from rkmbuild.pipeline.layout import rust_text
from rkmbuild.pipeline.layout.compare import Comparison, member_of
from rkmbuild.project.request import BuildRequest
from tests import btf

ROOT = Path(__file__).parents[1]
FOLDERS = ("linux", "net", "uapi", "drm", "sound", "media")
# An error is about few headers, if it can be told at all.
_MOST_SUSPECTS = 4
_QUOTED = re.compile(r"`[^`]+`")
_WORD = re.compile(r"[A-Za-z_]\w{3,}")
# So many at a time take some five times as long as one.
_BATCH = 400
_INCLUDED = re.compile(r"(?:In file included|\s+) from .*/sweep\.c:(\d+)[:,]")
_ERROR = re.compile(r"(?:(?P<batch>.*/sweep\.c:(?P<line>\d+))|\S+):\d+:.* (?:fatal )?error: ")


@dataclass
class Swept:
    """What came of the headers of a kernel.

    Attributes:
        bound: Those that bind.
        no_c: Those that do not compile on their own in C, and the first error.
        failed: Those that compile and do not bind, and why.
        mended: What was put right, by the name of the structure.
        compared: The structures that were compared with BTF.
        differing: Those that are not as in BTF, and how.
    """

    bound: list[str] = field(default_factory=list)
    no_c: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    mended: dict[str, str] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)
    differing: dict[str, str] = field(default_factory=dict)


class Sweep:
    """Binds headers for one kernel."""

    def __init__(self, tree: KernelTree) -> None:
        example = ROOT / "examples" / "hello_world"
        self._plan = pipeline.prepare(BuildRequest(path=example, kernel=str(tree.build)))
        api = self._plan.api
        assert isinstance(api, PortableApi)
        self._bindings = api.bindings
        assert tree.image is not None
        self._btf = btf.of_kernel(tree)
        self._top = tree.source / "include"
        self.swept = Swept()

    def headers(self) -> list[str]:
        """Return all that are there."""
        files = (file for name in FOLDERS for file in (self._top / name).rglob("*.h"))
        return sorted(str(file.relative_to(self._top)) for file in files)

    def batches(self, headers: Sequence[str]) -> Iterator[list[str]]:
        """Yield so many of them as are bound at a time."""
        for start in range(0, len(headers), _BATCH):
            yield list(headers[start : start + _BATCH])

    def bind(self, headers: Sequence[str]) -> None:
        """Bind some headers, and note what came of each."""
        left = list(headers)
        while left:
            together, apart = self._that_compile(left)
            # Those that do not compile beside these may beside each other.
            alone = [] if together else apart
            for group in (together, *([each] for each in alone)):
                if group:
                    self._halving(group)
            left = [] if alone else apart

    def _halving(self, headers: list[str]) -> None:
        why = self._bound(headers)
        if not why:
            self.swept.bound += headers
        elif len(headers) == 1:
            self.swept.failed[headers[0]] = why
        else:
            suspects = self._suspects(headers, why)
            if suspects:
                parts = [[each] for each in suspects]
                parts.append([each for each in headers if each not in suspects])
            else:
                middle = len(headers) // 2
                parts = [headers[:middle], headers[middle:]]
            for part in parts:
                self._halving(part)

    def _suspects(self, headers: list[str], why: str) -> list[str]:
        """Return the few headers that an error is in, or that have a name it is about; or none."""
        places = {word.partition(":")[0] for word in why.split()}
        inside = [h for h in headers if any(place.endswith(f"/include/{h}") for place in places)]
        if inside and len(inside) < len(headers):
            return inside
        names = {word for quoted in _QUOTED.findall(why) for word in _WORD.findall(quoted)}
        found = []
        for name in sorted(names):
            whole = re.compile(rf"\b{name}\b")
            have = [h for h in headers if whole.search((self._top / h).read_text(errors="replace"))]
            if 0 < len(have) <= min(_MOST_SUSPECTS, len(headers) - 1):
                found.append(have)
        return min(found, key=len, default=[])

    def _bound(self, headers: Iterable[str]) -> str:
        """Bind headers, and return what is wrong with them."""
        included = "".join(map(self._include, headers))
        asked = replace(self._bindings, header=self._bindings.header + included, names=None)
        tools = self._plan.tools
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            try:
                made = bindings.make(asked, tools.bindgen, tools.compiler, folder)
            except BuildError as error:
                return _first_error(f"{error.message}\n{error.output}")
            file = folder / "made.rs"
            file.write_text(made.text + made.assertions)
            done = subprocess.run(
                [tools.rust.rustc, "--edition=2021", "--crate-type=lib", "--emit=metadata",
                 "-o", folder / "bindings.rmeta", ROOT / "crates" / "bindings" / "src" / "lib.rs"],
                env={"RKMBUILD_BINDINGS": str(file), "PATH": "/usr/bin:/bin"},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        if done.returncode:
            return _first_error(done.stderr)
        for note in made.notes:
            what, _, why = note.partition(": ")
            if "opaque" in why or "laid out anew" in why:
                self.swept.mended.setdefault(what, why)
        self._compare(made.comparison)
        return ""

    def _include(self, header: str) -> str:
        """Return the line that includes a header: one of asm-generic's by way of asm's own.

        What is in it goes by that one: compat_statfs64 has 84 bytes with asm/statfs.h of x86.
        """
        name = header.removeprefix("uapi/asm-generic/")
        own = name != header and (self._top / "../arch/x86/include/uapi/asm" / name).exists()
        return f"#include <{f'asm/{name}' if own else header}>\n"

    def _that_compile(self, headers: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return those that compile together, and those that do so alone; note the others."""
        together, apart = list(headers), []
        while together:
            wrong = self._wrong(together, self._bindings.header)
            if not wrong:
                break
            for header in [together[number] for number in wrong]:
                together.remove(header)
                alone = self._wrong([header], "")
                if alone:
                    self.swept.no_c[header] = alone[0]
                else:
                    apart.append(header)
        return together, apart

    def _wrong(self, headers: Sequence[str], before: str) -> dict[int, str]:
        """Return which of them C's compiler complains of, and its words."""
        with tempfile.TemporaryDirectory() as name:
            source = Path(name) / "sweep.c"
            source.write_text(before + "".join(map(self._include, headers)))
            done = subprocess.run(
                [self._plan.tools.compiler.path, *self._bindings.c_flags, *cflags.OF_A_MODULE,
                 "-g0", "-fsyntax-only", source],
                cwd=self._bindings.folder, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        if done.returncode == 0:
            return {}
        found: dict[int, str] = {}
        first, at = before.count("\n") + 1, 0
        for line in done.stderr.splitlines():
            included, error = _INCLUDED.match(line), _ERROR.match(line)
            if included:
                at = int(included[1])
            elif error:
                at = int(error["line"] or at)
                found.setdefault(at - first, line.partition("error: ")[2])
        wrong = {number: why for number, why in found.items() if 0 <= number < len(headers)}
        # What a header leaves open shows in those behind it: the first alone is sure.
        return wrong or {len(headers) - 1: "it leaves something open"}

    def _compare(self, comparison: Comparison) -> None:
        for name, pair in comparison.pairs.items():
            if not pair.spelling or name in self.swept.compared or name not in self._btf:
                continue
            record = comparison.rust.records[name]
            why = self._differs(comparison, record)
            if why is not None:
                self.swept.compared.add(name)
            if why:
                self.swept.differing[name] = why

    def _differs(self, comparison: Comparison, record: rust_text.Record) -> str | None:
        """Return what differs from BTF: nothing, or None where it has another type of that name."""
        pair = comparison.pairs[record.name]
        size, offsets = comparison.rust.of(record.name).size, comparison.rust.offsets(record.name)
        names = [member.name for member in pair.c.members]
        alike = [each for each in self._btf[record.name] if [m[0] for m in each.members] == names]
        why = None
        for each in alike:
            places = {name: (bit, bits) for name, bit, bits in each.members if name}
            why = "" if each.size == size else f"{size} bytes, and {each.size} in BTF"
            for field_name, _ in record.fields:
                member = pair.members.get(field_name)
                if member and member.name and offsets[field_name] * 8 != places[member.name][0]:
                    why = f"{field_name} at {offsets[field_name]}, and not {places[member.name]}"
            for bits in record.bits:
                member = member_of(pair.c, bits.name)
                at = (offsets[bits.unit] * 8 + bits.bit, bits.bits)
                if member and at != places[member.name]:
                    why = f"{bits.name} at {at}, and not {places[member.name]}"
            if not why:
                return why
        return why


def _first_error(text: str) -> str:
    lines = text.splitlines()
    found = next((line for line in lines if re.search(r"\berror(\[E\d+\])?: ", line)), "")
    return (found or next(iter(lines), ""))[:200]
