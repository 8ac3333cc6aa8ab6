"""From questions to rankings: documents encoded, searched by every head, and the heads merged."""
