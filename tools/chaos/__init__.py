"""The fault harness: the whole platform in one thread, a fault at any call, and what must hold."""
