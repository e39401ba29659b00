"""An outcome as a document of plain data, and as a page."""
