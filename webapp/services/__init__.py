"""What the service can do: one verb a function, each takes a session and plain values."""
