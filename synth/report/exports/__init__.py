"""What goes out again: tables, CSV, workbook, JSON Schema, and one archive of a review."""

from __future__ import annotations

from .delimited import csv_link, csv_text
from .model import Table
from .tables import tables

__all__ = ["Table", "csv_link", "csv_text", "tables"]
