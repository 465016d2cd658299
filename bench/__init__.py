"""Measurements, not tests: `make bench` prints them as ratios, each taken in one run."""
