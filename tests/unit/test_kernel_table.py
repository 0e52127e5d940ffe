"""The table of kernels in the pages: a row for each of the tests' kernels, made of all of it."""

from tests import kernel_table, matrix

FACTS = dict.fromkeys(kernel_table.HEADINGS, "x") | {"Kernel": matrix.NEWEST.name}
PAGE = f"""\
# A page

{chr(10).join(kernel_table.lines([]))}

More of it.
"""


def test_the_rows_of_the_page_are_kernels_of_the_matrix_and_each_of_them_is_well() -> None:
    rows = kernel_table.rows_of(kernel_table.PAGE.read_text())
    assert rows
    assert list(rows) == [tested.name for tested in matrix.EVERY if tested.name in rows]
    for name, cells in rows.items():
        told = dict(zip(kernel_table.HEADINGS, cells, strict=True))
        assert (told["Built"], told["Warnings"], told["Loaded"]) == ("yes", "0", "yes"), name
        for heading in ("Crate tests", "`check`"):
            if told[heading] != kernel_table.NOT_RUN:
                good, total = told[heading].split("/")
                assert good == total, (name, heading)


def test_a_kernel_that_was_not_tried_has_no_row_and_what_was_not_run_is_said() -> None:
    without = {heading: cell for heading, cell in FACTS.items() if heading != "Crate tests"}
    cells = kernel_table.row(without, [True, False, True])
    assert cells is not None
    assert "2/3" in cells
    cells = kernel_table.row(without, [])
    assert cells is not None
    assert kernel_table.NOT_RUN in cells
    del without["Loaded"]
    assert kernel_table.row(without, [True]) is None


def test_a_row_takes_the_place_of_the_older_one_and_others_stay() -> None:
    names = [tested.name for tested in matrix.EVERY]
    older = {name: [name, *"123456789", "ten"] for name in reversed(names)}
    page = kernel_table.updated(PAGE, older)
    assert list(kernel_table.rows_of(page)) == names
    newer = [names[1], *"abcdefghi", kernel_table.NOT_RUN]
    again = kernel_table.rows_of(kernel_table.updated(page, {names[1]: newer}))
    # What was not run this time is known from before.
    assert again == older | {names[1]: [*newer[:-1], "ten"]}
    assert page.startswith("# A page\n")
    assert page.endswith("\nMore of it.\n")


def test_a_kernel_that_is_tested_no_more_loses_its_row() -> None:
    page = kernel_table.updated(PAGE, {"2.6": ["2.6", *"abcdefghij"]})
    assert kernel_table.rows_of(page) == {}
