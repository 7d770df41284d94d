"""One module for each way to paint."""
