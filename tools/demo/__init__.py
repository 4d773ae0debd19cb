"""Simulated and real-data customers taken through their whole life over the public API."""
