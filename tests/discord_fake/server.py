"""The HTTP side of the REST API: bodies, the bot's token, faults, rate limits, uploads."""

import asyncio
import json
import time
import zlib
from typing import Any

from aiohttp import BodyPartReader, web

from tests.discord_fake.payloads import snowflake
from tests.discord_fake.rest import ROUTES, Answer, Call, Rest, find_route
from tests.discord_fake.settings import HANG_UP, Settings
from tests.discord_fake.world import ApiError

API_PREFIX = "/api/v10"
MAX_BODY_BYTES = 26 << 20

Upload = tuple[str, bytes]  # file name and contents


class Server:
    """Answers every request."""

    def __init__(self, settings: Settings, rest: Rest, log: list[tuple[Any, ...]]) -> None:
        self.settings = settings
        self.rest = rest
        self.log = log
        self.unknown_routes: list[str] = []
        self.buckets: dict[tuple[str, str | None], tuple[int, float]] = {}

    def application(self) -> web.Application:
        """Return everything that listens, the gateway included."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_get("/gateway", self.rest.gateway.handle)
        application.router.add_route("*", API_PREFIX + "/{path:.*}", self.handle)
        application.router.add_get("/cdn/{name}", self.send_file)
        return application

    async def send_file(self, request: web.Request) -> web.Response:
        """Return an uploaded file."""
        name = request.match_info["name"]
        if name in self.settings.silent_files:
            await asyncio.Event().wait()
        if name not in self.rest.world.files:
            raise web.HTTPNotFound
        return web.Response(body=self.rest.world.files[name])

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request of the bot."""
        path = request.path.removeprefix(API_PREFIX)
        try:
            body, uploads = await _read_body(request)
        except ValueError:
            return _reply(
                400, {"message": "The request body contains invalid JSON.", "code": 50109}
            )
        self.settings.judge.look(request.method, path, body)
        found = find_route(request.method, path)
        if found is None:
            self.unknown_routes.append(f"{request.method} {path}")
            return _reply(404, {"message": "404: Not Found", "code": 0})
        route, ids = found
        self._store(body, uploads)
        self.log.append((route, ids, body, time.monotonic()))
        if not self._is_authorized(route, request):
            return _reply(401, {"message": "401: Unauthorized", "code": 0})
        faults = self.settings.fail_next
        if faults and faults[0][0] in route:
            _, status, answer, headers = faults.pop(0)
            if status == HANG_UP and request.transport:
                request.transport.abort()
            return _reply(status, answer, headers)
        allowed, headers = self._take_from_bucket(route, ids.get("c") or ids.get("t"))
        if not allowed:
            wait = float(headers["X-RateLimit-Reset-After"])
            self.log.append(("429", route, wait))
            return _rate_limited(wait, headers)
        try:
            self.rest.world.require_member(ids.get("c", ""))
            answer = await ROUTES[route](self.rest, Call(route, ids, request.query, body))
        except ApiError as error:
            return _reply(error.status, error.body, headers)
        return _success(route, answer, headers)

    def _is_authorized(self, route: str, request: web.Request) -> bool:
        """An interaction's token in the path is enough; all else needs the bot's token."""
        if "{t}" in route:
            return True
        return request.headers.get("Authorization") == f"Bot {self.settings.token}"

    def _take_from_bucket(self, route: str, subject: str | None) -> tuple[bool, dict[str, str]]:
        """Return whether the request is within the limit, and the headers that tell of it."""
        if route not in self.settings.limits:
            return True, {}
        limit, period = self.settings.limits[route]
        left, reset = self.buckets.get((route, subject), (limit, 0.0))
        if time.monotonic() >= reset:
            left, reset = limit, time.monotonic() + period
        wait = reset - time.monotonic()
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(left - 1, 0)),
            "X-RateLimit-Reset": f"{time.time() + wait:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
            "X-RateLimit-Bucket": f"{zlib.crc32(route.encode()):08x}",
        }
        if left > 0:
            self.buckets[route, subject] = (left - 1, reset)
        return left > 0, headers

    def _store(self, body: Any, uploads: dict[str, Upload]) -> None:
        """Keep the uploaded files, and let the body's attachments say where they are."""
        if not uploads or not isinstance(body, dict):
            return
        message = body.get("data") or body
        attachments = []
        for attachment in message.get("attachments") or []:
            if str(attachment["id"]) not in uploads:  # one that an edit keeps
                attachments.append(attachment)
                continue
            name, contents = uploads[str(attachment["id"])]
            self.rest.world.files[name] = contents
            url = f"{self.rest.world.url}/cdn/{name}"
            stored = {"id": snowflake(), "filename": name, "size": len(contents), "url": url}
            stored |= {"proxy_url": url, "content_type": "application/octet-stream"}
            if attachment.get("description"):
                stored["description"] = attachment["description"]
            attachments.append(stored)
        message["attachments"] = attachments


async def _read_body(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    """Return the JSON of a request and the files that came with it, by their number."""
    if request.content_type != "multipart/form-data":
        raw = await request.read()
        return (json.loads(raw) if raw else None), {}
    body: Any = {}
    uploads: dict[str, Upload] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        name = part.name or ""
        if name == "payload_json":
            body = json.loads(await part.text())
        elif name.startswith("files["):
            number = name.removeprefix("files[").removesuffix("]")
            uploads[number] = (part.filename or "", bytes(await part.read()))
    return body, uploads


def _reply(status: int, data: Any, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py parses JSON only where the header is exactly this, without a charset.
    headers = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(status=status, body=json.dumps(data).encode(), headers=headers)


def _success(route: str, answer: Answer, headers: dict[str, str]) -> web.Response:
    if answer is None:
        return web.Response(status=204, headers=headers)
    return _reply(201 if route.endswith("/threads") else 200, answer, headers)


def _rate_limited(wait: float, headers: dict[str, str]) -> web.Response:
    # discord.py takes a 429 without Via for a ban and gives up.
    headers = {
        **headers,
        "Retry-After": str(int(wait) + 1),
        "X-RateLimit-Scope": "user",
        "Via": "1.1 google",
    }
    body = {"message": "You are being rate limited.", "retry_after": round(wait, 3)}
    return _reply(429, {**body, "global": False}, headers)
