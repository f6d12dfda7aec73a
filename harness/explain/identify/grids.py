"""Where the search for parameters that are not linear begins."""

# Where to look first for each parameter; the product of several is searched for the best starts.
GRIDS: dict[str, tuple[float, ...]] = {
    "temperature": (0.15, 0.3, 0.5, 0.75, 1.5, 2.5, 4.5, 9.0),
    "gamma": (0.5, 1.0, 2.0, 3.5),
    "gamma_negative": (0.5, 1.0, 2.0, 4.0),
    "epsilon": (0.0,),
    "smoothing": (0.02, 0.2),
    "delta": (0.05, 0.12, 0.25, 0.5, 0.8, 1.2, 1.8, 3.0),
    "margin": (0.0, 0.1, 0.3, 0.6, 1.0, 1.5, 2.5),
    "q": (0.15, 0.4, 0.65, 0.9),
    "smooth": (0.005, 0.05, 0.3, 1.5),
    "extra": (0.0,),
    "alpha": (0.25, 0.7),
    "beta": (0.25, 0.7),
}
# Parameters in the unit of the predictions.
WIDTHS = frozenset({"delta", "margin"})
