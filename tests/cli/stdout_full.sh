# Results that cannot be written are an error, not silence.
earshot networks >/dev/full
