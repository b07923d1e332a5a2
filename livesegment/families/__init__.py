"""Families of networks: pictures to tensors, tensors to instances."""
