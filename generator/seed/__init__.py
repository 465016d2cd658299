"""Sources of users, and reading them into the store."""

from generator.seed.seeder import Reporter, Seeder
from generator.seed.sources import FORMS, Source, joined_title, local_files, parse_source

__all__ = ["FORMS", "Reporter", "Seeder", "Source", "joined_title", "local_files", "parse_source"]
