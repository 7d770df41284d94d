"""How good the labels are: the field's measures and protocols."""
