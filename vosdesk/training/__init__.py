"""How the embedding network is trained."""
