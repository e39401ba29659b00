"""What a sheet may hold and what it becomes: columns, cells, words, figures and patients."""
