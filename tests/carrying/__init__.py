"""Tests of masks carried to newer frames."""
