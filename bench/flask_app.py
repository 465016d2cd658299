"""The design that this project replaces, in short: Flask, SQLAlchemy, a cache in the process.

It runs in the environment with the peers: `gunicorn bench.flask_app:app`. NAIVE_DB is the path of
the database. With CACHED=1, an address that was requested before is answered from the cache.
"""

import os

from flask import Flask, jsonify, request, url_for
from flask_caching import Cache
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{os.environ['NAIVE_DB']}"
app.config["CACHE_TYPE"] = "SimpleCache" if os.environ.get("CACHED") else "NullCache"
app.config["CACHE_NO_NULL_WARNING"] = True
db = SQLAlchemy(app)
cache = Cache(app)


class User(db.Model):
    """A row of the only table."""

    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String)
    type = db.Column(db.String)
    avatar_url = db.Column(db.String)
    html_url = db.Column(db.String)


@app.get("/api/users/profiles")
@cache.cached(timeout=3600, query_string=True)
def profiles():
    """Answer as the API does."""
    query = db.select(User)
    if term := request.args.get("username"):
        query = query.where(User.username.icontains(term, autoescape=True))
    if identity := request.args.get("id", type=int):
        query = query.where(User.id == identity)
    if kind := request.args.get("type"):
        query = query.where(User.type == kind)
    orders = {"type": (User.type, User.id)}
    query = query.order_by(*orders.get(request.args.get("order_by"), (User.id,)))
    page = db.paginate(
        query,
        page=request.args.get("page", 1, type=int),
        per_page=request.args.get("pagination", 25, type=int),
        max_per_page=100,
        error_out=False,
    )

    def link(number):
        arguments = {**request.args, "page": number}
        return url_for("profiles", **arguments)

    names = ("id", "username", "type", "avatar_url", "html_url")
    return jsonify(
        profiles=[{name: getattr(user, name) for name in names} for user in page.items],
        page=page.page,
        pagination=page.per_page,
        total=page.total,
        pages=page.pages,
        links={
            "prev": link(page.prev_num) if page.has_prev else None,
            "next": link(page.next_num) if page.has_next else None,
        },
    )
