"""Does everything that the service can do: one verb a function, on a session and plain values."""
