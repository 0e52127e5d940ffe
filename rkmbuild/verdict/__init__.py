"""What a kernel would say to a module: the rules of `check`, and their texts.

Here belongs the judgement, a module a kind of rule. How a file is read is `ko`'s.
"""
