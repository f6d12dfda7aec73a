"""Why two numbers differ: points, differences, shares, proofs."""
