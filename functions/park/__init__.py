"""Origination task: keep a task token until somebody acts."""
