"""Step 4: what the user sees: frame, labels and heat map in one picture."""
