"""The module under judgement, and the kernel that it is judged for."""

from dataclasses import dataclass
from functools import cached_property

from rkmbuild.kernel.names import MODULE_NAME_LEN
from rkmbuild.ko.elf import decoded
from rkmbuild.ko.module import Module
from rkmbuild.verdict.target import Target


@dataclass
class Subject(Module):
    """A module whose headers and tables the loader goes on with.

    Attributes:
        target: The kernel that it is judged for.
    """

    target: Target

    @cached_property
    def name(self) -> str:
        """The module's name: struct module's, which the kernel uses; modinfo's where unknown."""
        layout = self.target.struct_module
        if layout and len(self.struct_module) >= layout.name_at + MODULE_NAME_LEN:
            at = layout.name_at
            return decoded(self.struct_module[at : at + MODULE_NAME_LEN].partition(b"\0")[0])
        return self.field("name") or ""
