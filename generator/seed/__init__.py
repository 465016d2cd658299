"""Reads sources of users, which are GitHub's lists, files and the sample, into the store."""

from generator.seed.seeder import Reporter, Seeder
from generator.seed.sources import FORMS, Source, joined_title, local_files, parse_source

__all__ = ["FORMS", "Reporter", "Seeder", "Source", "joined_title", "local_files", "parse_source"]
