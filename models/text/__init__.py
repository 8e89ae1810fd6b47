"""Text in pictures, by PP-OCR as the package rapidocr brings it (both Apache-2.0): an optional extra."""

from models.text.files import INSTALL, is_installed, model_files
from models.text.reader import TextBox, TextReader, Word

__all__ = ["INSTALL", "TextBox", "TextReader", "Word", "is_installed", "model_files"]
