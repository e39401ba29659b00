"""Fill in a sheet as a person does, in LibreOffice: run by the Python that LibreOffice speaks to, not by the tests'.

``python3 fill_in_libreoffice.py PIPE TEMPLATE CELLS.json OUT.xlsx OUT.ods``; the cells are lists of sheet, row (from 0,
the heading), heading, and what is typed.
"""

from __future__ import annotations

import json
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8", ".csv": "Text - txt - csv (StarCalc)"}


def said(name, value):
    """Give a property as LibreOffice takes it."""
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def desktop(pipe):
    """Wait for the LibreOffice that listens, and return it."""
    here = uno.getComponentContext()
    resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
    for _ in range(400):
        try:
            there = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.2)
            continue
        return there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
    raise SystemExit("LibreOffice did not answer")


def main(pipe, template, cells, *outputs):
    """Type into the template, and save it."""
    office = desktop(pipe)
    try:
        book = office.loadComponentFromURL(uno.systemPathToFileUrl(template), "_blank", 0, (said("Hidden", True),))
        with open(cells, encoding="utf-8") as handle:
            typed = json.load(handle)
        for sheet, row, heading, value in typed:
            page = book.Sheets.getByName(sheet)
            headings = [page.getCellByPosition(column, 0).String for column in range(60)]
            cell = page.getCellByPosition(headings.index(heading), row)
            # What is typed goes through LibreOffice's own understanding of numbers, dates and texts.
            cell.FormulaLocal = value
        for output in outputs:
            kind = FILTERS["." + output.rsplit(".", 1)[1]]
            book.storeToURL(uno.systemPathToFileUrl(output), (said("FilterName", kind),))
        book.close(True)
    finally:
        office.terminate()


main(*sys.argv[1:])
