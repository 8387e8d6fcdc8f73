"""Opens a stranger's files safely: zips, folders, CSV and JSON texts, names of slides."""
