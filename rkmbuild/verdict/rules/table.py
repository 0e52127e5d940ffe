"""All rules by their ids, in the order of `check --rules`."""

from rkmbuild.verdict.findings import Rule
from rkmbuild.verdict.rules import dangers, elf_file, notes, permission, refusals, taints

RULES = {
    rule.id: rule
    for module in (permission, elf_file, refusals, taints, dangers, notes)
    for rule in vars(module).values()
    if isinstance(rule, Rule)
}
