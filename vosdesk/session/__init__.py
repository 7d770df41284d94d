"""The application without Qt: the document, the playhead, and the jobs that follow them."""
