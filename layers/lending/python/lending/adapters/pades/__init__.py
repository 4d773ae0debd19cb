"""PAdES with pyHanko: imported by the functions that carry the layer `seal`, and by tools."""
