"""Modules that go into the running kernel one after the other, and out again if one fails."""

from dataclasses import dataclass, replace

from rkmbuild.base import console
from rkmbuild.base.errors import AlreadyLoadedError, CrashedError, RkmbuildError
from rkmbuild.host import insertion, privilege, procmodules, records
from rkmbuild.host.insertion import Listening
from rkmbuild.host.privilege import ProgramResult
from rkmbuild.kernel.loaded import LoadedModule
from rkmbuild.klog import kmsg
from rkmbuild.ko.modinfo import Modinfo


@dataclass(frozen=True, kw_only=True)
class Part:
    """A module to load.

    Attributes:
        module: What it says of itself.
        parameters: As the kernel reads them.
        wanted: Whether only a softdep asks for it, so that it may be left out.
    """

    module: Modinfo
    parameters: tuple[str, ...]
    wanted: bool = False


def leave_out(part: Part, error: RkmbuildError) -> None:
    """Say that a part which may be left out is, and why."""
    console.note(f"left out {part.module.name}, which a softdep asks for: {error.message}")


class Loading:
    """Parts that go into the kernel one after the other.

    Attributes:
        done: Those that are in.
    """

    def __init__(self, log: Listening, old: LoadedModule | None) -> None:
        self.done: list[Part] = []
        self._log = log
        self._old = old
        self._old_is_out = False
        self._back = records.copy_of(old) if old else None
        self._sequence = kmsg.next_sequence()
        self._tried: list[Part] = []

    def add_needed(self, part: Part) -> None:
        """Load a part that is needed, unless somebody else did so in the meantime."""
        try:
            self.add(part)
        except AlreadyLoadedError:
            self._tried.remove(part)
            console.note(f"{part.module.name} was loaded by something else in the meantime")

    def add(self, part: Part) -> None:
        """Load a part; of one that may be left out, a failure is only told."""
        module = part.module
        record = records.LoadRecord(
            name=module.name,
            path=str(module.path.absolute()),
            parameters=part.parameters,
            build_id=module.build_id,
            sequence=self._sequence,
            boot=records.boot_id(),
        )
        with insertion.plain(module.path) as file:
            self._tried.append(part)
            try:
                insertion.insert(module, file, part.parameters, self._log)
            except CrashedError:
                raise
            except RkmbuildError as error:
                if not part.wanted:
                    raise
                leave_out(part, error)
                return
            address = procmodules.text_address(module.name)
            records.note(replace(record, text=address), file)
        self.done.append(part)

    def swap_out(self) -> None:
        """Unload the module that is to be replaced."""
        if self._old:
            self._old_is_out = True
            try:
                insertion.remove(self._old, self._log)
            except RkmbuildError:
                self._old_is_out = procmodules.find(self._old.name) is None
                raise

    def take_back(self) -> list[str]:
        """Unload what was loaded, in reverse order, and tell what became of each."""
        told = []
        for part in reversed(self._tried):
            name = part.module.name
            now = procmodules.find(name)
            if not now:
                continue
            try:
                insertion.remove(now, self._log)
                told.append(f"{name}, loaded before, is unloaded again")
                if part in self.done:
                    records.forget(name)
            except RkmbuildError as error:
                told.append(f"{name}, loaded before, stays loaded: {error.message}")
        return told

    def put_back(self) -> list[str]:
        """Load the replaced module again, if it is out, and tell what became of that."""
        if not self._old or not self._old_is_out or procmodules.find(self._old.name):
            return []
        name = self._old.name
        gone = f"the {name} that was loaded before is no longer loaded"
        if not self._back:
            return [f"{gone}: it was not loaded by this user's rkmbuild, so there is no copy of it"]
        file, record = self._back
        try:
            outcome = privilege.run("insmod", [str(file), *record.parameters])
        except RkmbuildError as error:
            outcome = ProgramResult(1, error.message)
        if outcome.returncode != 0:
            return [f"{gone}, and loading it again failed: {outcome.said.strip()}"]
        console.detail(f"loaded {file} again, first loaded from {record.path}")
        return [f"the {name} that was loaded before is loaded again, with its parameters"]
