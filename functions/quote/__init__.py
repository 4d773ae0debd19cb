"""Public prices: health, products and quotes."""
