"""The store: which users are seeded, of which lists, and where each list continues."""

from generator.store.readings import CachedReply, Reading, Tally
from generator.store.store import ListProgress, Store

__all__ = ["CachedReply", "ListProgress", "Reading", "Store", "Tally"]
