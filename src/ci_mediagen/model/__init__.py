"""The words of the product as frozen dataclasses. Standard library only: the worker imports this where nothing else is."""
