"""The rules that a module can break: each a constant, in a module that says what follows of it.

Read in Debian's linux-source-6.1 (6.1.192) and linux-source-6.12 (6.12.117): kernel/module/*.c and
the architecture's module.c. Where the two differ the source names both. Words in braces are
filled in from `Arch.rule_words`. A new rule is a constant in one of these modules, and a call of
`FindingList.add` with it in the module that judges; its text states what is wrong. Within a module
the rules stand in the order in which the loader applies them.
"""
