"""The growing database of seeded users, their lists, and how far each list is read."""

from generator.store.memberships import Tally
from generator.store.store import CachedReply, ListProgress, Store

__all__ = ["CachedReply", "ListProgress", "Store", "Tally"]
