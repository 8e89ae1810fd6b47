"""What people look at: statistics, heat maps, tracks as text, the report (`outputs`), and the annotated video."""
