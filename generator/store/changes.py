"""The changes of a store's chosen lists, for the site."""

import sqlite3

from generator.changes import Change

# A change that several lists show on one day is one. A user of one list who joins another is not
# new. The names of users who are gone are left out.
_CHOSEN_CHANGES = """
WITH chosen AS (
    SELECT max(change) AS change, max(changed_at) AS changed_at, what, id, before, after
    FROM changes JOIN lists USING (list)
    WHERE rank IS NOT NULL AND what <> 'changed' AND NOT (what = 'new' AND EXISTS (
        SELECT 1 FROM lists AS another JOIN list_users AS known USING (list)
        WHERE another.rank IS NOT NULL AND known.list <> changes.list AND known.id = changes.id
            AND known.first_seen < changed_at AND ifnull(known.gone_at > changed_at, true)
    ))
    GROUP BY date(changed_at), what, id, before, after
)
SELECT changed_at, what, id, iif(what = 'gone', NULL, before), after FROM chosen
WHERE julianday(changed_at) >= (SELECT max(julianday(changed_at)) FROM chosen) - ?
ORDER BY changed_at DESC, change DESC
"""
MAX_AGE = 90  # days


def read_chosen_changes(sql: sqlite3.Connection) -> list[Change]:
    """Return the changes of the chosen lists, the newest first.

    Changes of an address only are left out, and those that are `MAX_AGE` older than the newest.
    """
    return [Change(*row) for row in sql.execute(_CHOSEN_CHANGES, [MAX_AGE])]
