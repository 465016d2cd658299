"""The store: which users are seeded, of which lists, and where each list continues."""

from generator.store.readings import CachedReply, Cursor, Reading, Step, Tally
from generator.store.store import ListProgress, Store

__all__ = ["CachedReply", "Cursor", "ListProgress", "Reading", "Step", "Store", "Tally"]
