"""Known words that are like one that is not known."""

from collections.abc import Iterable


def near(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return up to `most` of the known words that are most like `word`, the nearest one first.

    Args:
        cutoff: How alike they have to be, from 0 to 1, as difflib.SequenceMatcher.ratio has it.
    """
    import difflib  # noqa: PLC0415 - needed where something is wrong, and only there

    return difflib.get_close_matches(word, list(known), n=most, cutoff=cutoff)


def did_you_mean(word: str, known: Iterable[str], *, listed_as: str = "") -> str:
    """Return the question whether the nearest known word was meant.

    Where none is near, it is all of them behind `listed_as`, as in "known are: a, b", or nothing.
    """
    known = list(known)
    found = near(word, known)
    if found:
        return f"did you mean `{found[0]}`?"
    return f"{listed_as}: {', '.join(known)}" if listed_as else ""
