"""How good rankings are: metrics, where they are good and where not, and whether two systems differ."""
