"""What runs on a build machine. Each stage takes and gives what its line says, and no more.

seed     sources (GitHub, files, the sample)     -> the store, build/github_users.db
bake     the store                              -> the directory, build/directory.db
render   the directory, site_templates/         -> the site, build/site/
check    the directory, the site                -> nothing, or an error
serve    the directory, the site                -> http://127.0.0.1:5000
publish  the site                               -> a bucket

`github` is GitHub's API, `store` the growing database, `site` what a site is. `cli` joins the
stages, which do not know each other. tests/test_architecture.py has the rules:

- `function` imports nothing of ours; whatever it imports ships to Lambda.
- `github`, `store`, `bake` and `site` know no stage. (`store` still imports from `github`.)
- `seed` imports `github` and `store`; `render`, `check`, `serve` and `publish` import `site`.
- Only `cli` imports `render`: publishing and serving never load Jinja2. Nobody imports `cli`.
- A package is imported by its name, never by an inner module. What needs boto3 is loaded late.
"""
