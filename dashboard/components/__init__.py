"""The small kit the pages are made of: each function returns HTML, a figure, or draws one piece."""
