"""What differs from one processor architecture to another: a frozen value for each, `Arch`.

Here belongs every name, number, flag, pattern and instruction that holds for one architecture
alone, and what reads its instructions. What is done with them belongs to the room that does it:
the other rooms take an `Arch` and name no architecture.
"""
