"""What is measured, one module each; the documents name the command of every table."""
