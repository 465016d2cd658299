"""The tables and views of a store. Times are RFC 3339, UTC. STRICT shows damaged values."""

SCHEMA = """
-- rank: the list's place in the directory, which has its first `total` users; NULL: not chosen.
-- replies: their number so far. cursor: the URL where reading continues (NULL: a file), after
-- `position`, in the reading `run`. refresh_...: the same of a refresh (NULL: none to continue),
-- and the position up to which the list was known before it.
CREATE TABLE lists (
    list INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL, title TEXT NOT NULL, rank INTEGER, total INTEGER NOT NULL,
    replies INTEGER NOT NULL DEFAULT 0, is_complete INTEGER NOT NULL DEFAULT 0, seeded_at TEXT,
    cursor TEXT, position INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0,
    refresh_cursor TEXT, refresh_position INTEGER NOT NULL DEFAULT 0,
    refresh_run INTEGER NOT NULL DEFAULT 0, refresh_known INTEGER NOT NULL DEFAULT 0
) STRICT;
-- run: the last reading that had the user. reply: the last reply that changed this row.
-- gone_at: when the list no longer had the user.
CREATE TABLE list_users (
    list INTEGER NOT NULL, id INTEGER NOT NULL, position INTEGER NOT NULL,
    run INTEGER NOT NULL, reply INTEGER NOT NULL,
    username TEXT NOT NULL, type TEXT NOT NULL, avatar_url TEXT NOT NULL, html_url TEXT NOT NULL,
    first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, gone_at TEXT,
    PRIMARY KEY (list, id)
) WITHOUT ROWID, STRICT;
-- The users in a stretch of a list.
CREATE INDEX present_users ON list_users (list, position) WHERE gone_at IS NULL;
-- Replies to ask for again with If-None-Match; see `readings.py`.
CREATE TABLE replies (
    list INTEGER NOT NULL, url TEXT NOT NULL, reply INTEGER NOT NULL, run INTEGER NOT NULL,
    after INTEGER NOT NULL, reached INTEGER NOT NULL, users INTEGER NOT NULL,
    etag TEXT NOT NULL, next_url TEXT,
    PRIMARY KEY (list, url)
) WITHOUT ROWID, STRICT;
-- The replies that begin at or before a position.
CREATE INDEX replies_by_position ON replies (list, after);
-- What refreshes found. what: new, renamed, retyped, changed (an address) or gone.
CREATE TABLE changes (
    change INTEGER PRIMARY KEY, changed_at TEXT NOT NULL, list INTEGER NOT NULL,
    id INTEGER NOT NULL, what TEXT NOT NULL, before TEXT, after TEXT
) STRICT;
-- What `bake` reads: the first users of each chosen list, each once. Lists on GitHub count more
-- than files, then the user seen last, then the list named first.
CREATE VIEW directory_users AS
SELECT id, username, type, avatar_url, html_url FROM (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY is_local, last_seen DESC, rank) AS choice
    FROM (
        SELECT list_users.*, cursor IS NULL AS is_local, rank, total, row_number() OVER (
            PARTITION BY list ORDER BY list_users.run DESC, list_users.position, id
        ) AS place
        FROM lists JOIN list_users USING (list) WHERE rank IS NOT NULL AND gone_at IS NULL
    ) WHERE place <= total
) WHERE choice = 1;
-- Every user that is stored, each once, for people and tools.
CREATE VIEW github_users AS
SELECT id, username, type, avatar_url, html_url, first AS first_seen, last AS last_seen, gone_at
FROM (
    SELECT list_users.*, min(first_seen) OVER ids AS first, max(last_seen) OVER ids AS last,
        row_number() OVER (
            ids ORDER BY gone_at IS NOT NULL, cursor IS NULL, last_seen DESC, rank IS NULL, rank
        ) AS choice
    FROM list_users JOIN lists USING (list) WINDOW ids AS (PARTITION BY id)
) WHERE choice = 1;
"""
