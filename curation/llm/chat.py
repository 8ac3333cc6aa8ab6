"""Chat completions of one endpoint over HTTP: a request body in, the raw reply or what its failure means out.

The connections are aiohttp's, which carry several times as many requests a second as those of the OpenAI client; the
ledger keeps the raw reply, so nothing more is needed of a client here. All retries are left to the caller.
"""

import asyncio
import json
import os
import ssl
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi

from curation.llm.endpoint import CONNECT_SECONDS, Endpoint, Trouble, judge_status, read_error, scrub

_NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class Chat:
    """The connections to one endpoint; an asynchronous context manager, for use in the event loop that it was entered
    in.
    """

    def __init__(self, endpoint: Endpoint, key: str, timeout_seconds: float):
        self.endpoint = endpoint
        self._key = key
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=min(timeout_seconds, CONNECT_SECONDS))

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        for name, variable in (("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")):
            if self.endpoint.is_openai and os.environ.get(variable):
                headers[name] = os.environ[variable]
        # The bound on what is in flight is the gate's. Certificates and proxies as in the OpenAI client.
        secure = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
        connector = aiohttp.TCPConnector(limit=0, ssl=secure)
        self._session = aiohttp.ClientSession(
            headers=headers, timeout=self._timeout, connector=connector, proxy=_find_proxy(self.endpoint)
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._session.close()

    async def ask(self, body: dict[str, Any]) -> str | Trouble:
        """Send a chat request once and return the raw reply, or what its failure means for the work."""
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            async with self._session.post(f"{self.endpoint.base_url}/chat/completions", data=content) as response:
                text = (await response.read()).decode("utf-8", "replace")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return self._explain(error)
        if response.status == 200:
            return text
        headers = {name.lower(): value for name, value in response.headers.items()}
        told, code = read_error(text)
        told = told or response.reason or "no words"
        return judge_status(response.status, told, code, headers, self.endpoint, str(body["model"]), self._key)

    def _explain(self, error: Exception) -> Trouble:
        # A connection that was never made carried no request; one that broke later, or took too long, may have been
        # charged.
        reached = not isinstance(error, _NEVER_CONNECTED)
        timed_out = reached and isinstance(error, TimeoutError)
        words = "no answer in time (--timeout-seconds)" if timed_out else str(error) or type(error).__name__
        return Trouble("again", scrub(words, self._key), may_cost=reached, reached=reached, timed_out=timed_out)

    async def list_models(self) -> list[str]:
        """Return the models that the endpoint names, sorted; empty when it does not answer that question."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS), self._session.get(f"{self.endpoint.base_url}/models") as reply:
                return sorted(str(model["id"]) for model in json.loads(await reply.read())["data"])
        except Exception:  # it only helps a message on another failure; its own failure must not hide that one
            return []


def _find_proxy(endpoint: Endpoint) -> str | None:
    """Return the proxy that the environment names for an endpoint; looked up once, since aiohttp would ask for every
    request.
    """
    parts = urlsplit(endpoint.base_url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
