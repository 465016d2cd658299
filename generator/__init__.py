"""The program that makes the site and the API's database. It runs on a build machine.

Each stage reads and writes:

    seed     sources (GitHub, files, the sample)  ->  the store, build/github_users.db
    bake     the store                            ->  the directory, build/directory.db
    render   the directory, site_templates/       ->  the site, build/site/
    check    the directory, the site              ->  nothing, or an error
    serve    the directory, the site              ->  answers on http://127.0.0.1:5000
    publish  the site                             ->  a bucket

Of the other packages, `github` is a client of GitHub's API, and `store` is the growing database.
`site` says which pages and files a site has. `cli` is the command line. `last_build` knows whether
a build would change anything.

Import rules, which tests/test_architecture.py checks:

- `function` imports nothing from `generator`, because all that it imports ships to Lambda.
- `github`, `store`, `bake` and `site` import no stage, and not each other.
- `seed` imports `github` and `store`; `render`, `check`, `serve` and `publish` import `site`.
- Only `cli` imports `render`, so that other stages do not load Jinja2. No package imports `cli`.
- A package is imported by its name, never by an inner module.
- boto3 is imported on first use, because building needs none.
"""
