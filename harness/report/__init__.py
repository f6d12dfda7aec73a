"""Everything a person or a program reads after a run: Findings in, text and files out."""
