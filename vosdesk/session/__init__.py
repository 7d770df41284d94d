"""The application without Qt: the document, the playhead, and the jobs that follow them."""

from vosdesk.session.embedding_work import EmbeddingChoices
from vosdesk.session.session import Session

__all__ = ["EmbeddingChoices", "Session"]
