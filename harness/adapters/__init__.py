"""Adapters: the only modules that import frameworks, each of them in a worker process of its own."""
