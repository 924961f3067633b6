"""Rows of a query as a file: no cell and no name of a column is a formula."""

import polars as pl

from warehouse.guard.tabular import flatten, write_csv


def test_cells_lists_and_names_are_safe_in_a_spreadsheet() -> None:
    rows = pl.DataFrame({"=cmd": ["@x", "plain"], "list": [["=a"], []]})
    assert write_csv(rows) == '\'=cmd,list\n\'@x,"[""=a""]"\nplain,[]\n'


def test_names_that_become_equal_stay_apart() -> None:
    rows = pl.DataFrame([[1], [2], [3]], schema=["'=x", "=x", "y"])
    assert flatten(rows).columns == ["'=x", "''=x", "y"]
