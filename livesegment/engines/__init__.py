"""Runtimes: tensors in, tensors out."""
