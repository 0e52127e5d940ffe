"""How C lays structures out, how the bindings do, and what is done where they differ.

Here belongs the comparison of the two, type by type, and the mending of the bindings' text.
"""
