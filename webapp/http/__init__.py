"""What pages and API share about HTTP: who asks, which answers, which headers, how large."""
