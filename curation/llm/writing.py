"""From many requests in flight into one ledger: what comes while a commit is under way shares the next."""

import asyncio

from curation.llm.completion import Completion
from curation.llm.endpoint import without_key
from curation.llm.ledger import Entry, Ledger
from curation.llm.requests import Request
from curation.llm.servers import Server
from curation.llm.settings import Settings
from data.errors import RunError


class Writer:
    """Writes raw responses to `ledger`, for use in one event loop."""

    def __init__(self, ledger: Ledger, settings: Settings):
        self._ledger = ledger
        self._settings = settings
        self._unwritten: list[Entry] = []
        self._writing = asyncio.Lock()

    async def keep(
        self,
        request: Request,
        server: Server,
        state: str,
        response: str,
        seconds: float = 0.0,
        read: Completion | None = None,
    ) -> None:
        """Return when a response is on the disk; `read`: what was read of it already. Raises `RunError` if that fails.

        Whoever comes first commits for all who came meanwhile.
        """
        kept = without_key(response, self._settings.api_key)
        entry = Entry(
            key=request.keys[server.number],
            endpoint=server.endpoint.base_url,
            model_asked=self._settings.plan.model,
            prompt=request.prompt.name,
            prompt_digest=request.prompt.digest,
            sample=request.sample,
            state=state,
            response=kept,
            seconds=seconds,
            read=read if kept == response else None,
        )
        self._unwritten.append(entry)
        async with self._writing:
            if any(waiting is entry for waiting in self._unwritten):
                batch, self._unwritten = self._unwritten, []
                try:
                    await asyncio.to_thread(self._ledger.write, batch)
                except RunError:
                    self._unwritten = batch + self._unwritten
                    raise
