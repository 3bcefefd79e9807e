"""Where things are: administrative regions, boundaries, coordinate systems, grids."""
