"""The court network: where on the court each part of a picture is, learned from rendered courts."""
