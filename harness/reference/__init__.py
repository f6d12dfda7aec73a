"""Semantics and inputs to value, gradient, bound and certified enclosure."""
