"""One module per source. The folder is the registry: see collectors/source.py for what a module holds."""
