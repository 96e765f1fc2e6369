"""Long tool results kept by reference: store, contents, handles."""
