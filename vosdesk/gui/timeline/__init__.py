"""The frames in a row: what is embedded, annotated, unsure."""
