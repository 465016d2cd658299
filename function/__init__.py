"""The query function on AWS Lambda: answers `GET /api/users/profiles` from a SQLite file.

It imports the standard library, starlette, mangum and aws-lambda-powertools, and never
`generator`: all that it imports ships to Lambda. An answer depends on the declared parameters
alone, because API Gateway caches it by these.

`handler` -> `app` -> `answer` -> `query` and `database` -> `database_file`, `statements`, `index`.
`contract` has the records and the schema, which the generator imports too.
"""
