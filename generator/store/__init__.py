"""The growing database: which users are seeded, of which lists, and where each list goes on."""

from generator.store.memberships import Tally
from generator.store.store import Kept, Progress, Store

__all__ = ["Kept", "Progress", "Store", "Tally"]
