"""Makes the invented teams' submissions."""
