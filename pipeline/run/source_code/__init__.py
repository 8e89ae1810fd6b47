"""The code behind a result: what a function imports, however far down, and the hashes of these files."""
