"""Service logs: claims kept in a spreadsheet, as CSV or XLSX, read by a column map.

    bytes ──▶ Sheet ──▶ texts of our columns ──▶ values ──▶ claims and lines ──▶ Batch
    csv_file.py         cells.py                 dates.py    grouping.py          reading.py
    xlsx_file.py        (by column_map.py)       numbers.py

One row of a sheet is one service line. Every row is a line of a claim, or unreadable, or named as something else (a
blank row, a total, the header again). A sheet that spoiled a value is told of by cell: what can be undone without
guessing is undone and noted, everything else is held.

Claims of any format become such a table, too (new_table.py), which is read back without a map.
"""
