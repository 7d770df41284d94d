"""The document: what the user edits, how it is undone, how it is kept."""
