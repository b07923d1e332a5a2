"""Threads, hand-overs and the order of stages."""
