"""The procedures list in Python: FastAPI, asyncpg, PyJWT; run by uvicorn with two workers."""

import os
import re
import time
from contextlib import asynccontextmanager

import asyncpg
import jwt
import orjson
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import FastAPI, Request, Response

CONNECTIONS = 8
PAGE = 50
NEWEST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
KEPT = 60
"""Longest life of a verified token in the cache, in seconds."""

ENTER, LIST = os.environ["ENTER"], os.environ["LIST"]
ISSUER, PARTY = os.environ["ISSUER"], os.environ["PARTY"]
KEY = load_pem_public_key(os.environ["CLERK_JWT_KEY"].encode())
USER, ORGANISATION = re.compile(r"user_[A-Za-z0-9]+"), re.compile(r"org_[A-Za-z0-9]+")
verified: dict[str, tuple[float, str, str]] = {}


async def keep(_connection: asyncpg.Connection) -> None:
    """Nothing to reset: only `set local` is used."""


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS, reset=keep
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


def caller(header: str | None) -> tuple[str, str] | None:
    """Person and organisation of the token; none where it is not good."""
    if header is None or not header.startswith("Bearer "):
        return None
    token = header[7:]
    known = verified.get(token)
    now = time.time()
    if known is not None and known[0] > now:
        return known[1], known[2]
    try:
        claims = jwt.decode(token, KEY, algorithms=["RS256"], issuer=ISSUER)
        user, organisation = claims["sub"], claims["o"]["id"]
    except (jwt.InvalidTokenError, KeyError, TypeError):
        return None
    # Both go into SQL text below.
    if claims.get("azp") != PARTY or not USER.fullmatch(user) or not ORGANISATION.fullmatch(organisation):
        return None
    verified[token] = (min(claims["exp"], now + KEPT), user, organisation)
    return user, organisation


def listed(row: asyncpg.Record) -> dict:
    return {
        "id": row[0], "name": row[1], "details": row[2], "state": "draft" if row[3] is None else "published",
        "version": row[3], "changed": row[4], "steps": row[6], "created_at": row[5], "last_run_at": row[7],
    }


def answer(body: dict, status: int = 200) -> Response:
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z, default=str), status, media_type="application/json")


@app.get("/api/v1/orgs/{slug}/procedures")
async def procedures(slug: str, request: Request) -> Response:
    who = caller(request.headers.get("authorization"))
    if who is None:
        return answer({"code": "no_token"}, 401)
    user, organisation = who
    async with request.app.state.pool.acquire() as connection:
        try:
            await connection.execute(
                f"begin read only; set local app.current_org_id = '{organisation}'; set local app.current_user_id = '{user}'"
            )
            enter = await connection.fetch(ENTER, organisation, user, slug)
            rows = await connection.fetch(LIST, organisation, NEWEST)
        except BaseException:
            await connection.execute("rollback")
            raise
        await connection.execute("commit")
    if not enter:
        return answer({"code": "not_found"}, 404)
    items = [listed(row) for row in rows[:PAGE]]
    return answer({"items": items, "older": str(items[-1]["id"]) if len(rows) > PAGE else None})
