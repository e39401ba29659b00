"""Files to tables of text: every format, where the table begins, and what a spreadsheet did to the data."""
