"""What runs on AWS Lambda: one read-only SQLite file, asked by `GET /api/users/profiles`.

Imports the standard library, starlette, mangum and aws-lambda-powertools, and never `generator`:
whatever is imported here ships. An answer depends on the declared parameters alone, because a
cache that is keyed on them stands in front of it.
"""
