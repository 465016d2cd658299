"""What runs on a build machine. Each stage takes and gives what its line says, and no more.

seed     sources (GitHub, files, the sample)     -> the store, build/github_users.db
bake     the store                              -> the directory, build/directory.db
render   the directory, site_templates/         -> the site, build/site/
check    the directory, the site                -> nothing, or an error
serve    the directory, the site                -> http://127.0.0.1:5000

The stages do not know each other: `cli` joins them. They may import `function`, whose contract
they fill; `function` never imports them.
"""
