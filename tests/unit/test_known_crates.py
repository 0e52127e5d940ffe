"""The questions to well-known crates, and the table of their answers."""

from tests import known_crates
from tests.known_crates import KNOWN

_PAGE = """\
# Crates

| Crate | Version | Built | Loaded | Answer | What to know |
| ----- | ------- | ----- | ------ | ------ | ------------ |
| `gone` | 1.0.0 | yes | yes | the same |  |
| `sha2` | 0.10.1 | yes | no |  | a note |

More.
"""


def test_a_question_tells_what_it_needs_its_own_crate_first() -> None:
    serde = next(known for known in KNOWN if known.name == "serde")
    assert list(serde.dependencies) == ["serde", "postcard"]
    assert serde.module == "asks_serde"
    assert (serde.refused, serde.warned, serde.note) == ("", "", "")
    ring = next(known for known in KNOWN if known.name == "ring")
    assert ring.refused == "RustCrypto"
    assert ring.note


def test_new_rows_replace_older_ones_and_others_stay() -> None:
    new = ["`sha2`", "0.10.9", "yes", "yes", "the same", ""]
    page = known_crates.updated(_PAGE, {"sha2": new})
    assert known_crates.rows_of(page) == {"sha2": new}
    assert page.endswith("\nMore.\n")
    assert known_crates.updated(page, {}) == page


def test_the_page_has_a_row_for_each_crate_that_is_asked() -> None:
    rows = known_crates.rows_of(known_crates.PAGE.read_text())
    assert list(rows) == [known.name for known in KNOWN]
    assert len(rows) >= 40
    for known in KNOWN:
        cells = rows[known.name]
        assert cells[5] == known.note
        assert (cells[2] == "yes") == (not known.refused and not known.warned)
