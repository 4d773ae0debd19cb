"""`autolend calc KIND`: every formula of the product, callable from a shell (docs/calc.md)."""
