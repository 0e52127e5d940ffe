"""The rules that a module can break: each a constant, in a module that says what follows of it.

Read in Debian's linux-source-6.1 (6.1.192) and linux-source-6.12 (6.12.117): kernel/module/*.c and
arch/x86/kernel/module.c. Where the two differ the source names both. A new rule is a constant in
one of these modules, and a call of `FindingList.add` with it in the module that judges; its text
states what is wrong. Within a module the rules stand in the order in which the loader applies them.
"""
