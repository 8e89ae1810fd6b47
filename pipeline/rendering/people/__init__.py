"""What people look like, and how one person is drawn."""
