"""A stand-in of the Hugging Face hub's HTTP API: as much as making a data set's repository, committing to it and
fetching its files takes.

It keeps files in memory, by repository and branch; what it answers follows the requests of huggingface_hub 2.
"""

import base64
import hashlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

WRITER, READER = "hf_writer_0123456789abcdef", "hf_reader_0123456789abcdef"


class Hub:
    """Repositories by name, and a server of them at `url`."""

    def __init__(self) -> None:
        self.repos: dict[str, dict] = {}
        self.large: dict[str, bytes] = {}  # by SHA-256
        self.messages: list[str] = []
        self.requests: Counter[str] = Counter()
        self.fail: str | None = None  # part of a path that is answered 500
        self.gated: set[str] = set()  # repositories whose files only a known token fetches
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.close = server.shutdown
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def add(self, name: str, files: dict[str, bytes], private: bool = False) -> dict[str, bytes]:
        """Make a repository with files on its main branch, and return them."""
        self.repos[name] = {"private": private, "branches": {"main": {".gitattributes": b"", **files}}}
        return self.repos[name]["branches"]["main"]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer what a repository is, and which files it holds."""
        parts, repo = self._begin()
        if parts[3:4] == ["resolve"]:
            return self._send_file(parts, with_content=True)
        if repo is None:  # or what the client asks of its own accord
            return self._answer(404, {"error": "Repository not found"}, code="RepoNotFound")
        if parts[4:5] == ["tree"]:
            files = repo["branches"][parts[5]]
            return self._answer(
                200, [{"type": "file", "path": p, "size": len(c), "oid": "0"} for p, c in files.items()]
            )
        siblings = [{"rfilename": path} for path in repo["branches"]["main"]]
        answer = {"id": "/".join(parts[2:4]), "private": repo["private"], "sha": "0" * 40, "siblings": siblings}
        return self._answer(200, answer)

    def do_HEAD(self) -> None:
        """Say what a file is like."""
        self._send_file(urlsplit(self.path).path.strip("/").split("/"), with_content=False)

    def _send_file(self, parts: list[str], with_content: bool) -> None:
        name, path = "/".join(parts[1:3]), unquote("/".join(parts[5:]))
        repo = self.hub.repos.get(name)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if name in self.hub.gated and token not in (WRITER, READER):
            return self._answer(401, {"error": f"Access to {name} is restricted"}, code="GatedRepo")
        if repo is None or path not in repo["branches"]["main"]:
            return self._answer(404, {"error": "Entry not found"}, code="EntryNotFound")
        content = repo["branches"]["main"][path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.end_headers()
        if with_content:
            self.wfile.write(content)
        return None

    def do_PUT(self) -> None:
        """Take a large file."""
        self.hub.large[urlsplit(self.path).path.split("/")[-1]] = self._body()
        self._answer(200, {})

    def do_POST(self) -> None:
        """Do what is asked for, if the token may."""
        parts, repo = self._begin()
        raw = self._body()
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.hub.fail and self.hub.fail in self.path:
            return self._answer(500, {"error": "out of order"})
        if token not in (WRITER, READER):
            return self._answer(401, {"error": f"Invalid credentials {token}"})
        if token == READER and parts != ["api", "validate-yaml"]:
            return self._answer(403, {"error": "You don't have the rights to create a dataset here"})
        if parts == ["api", "repos", "create"]:
            return self._create(json.loads(raw))
        if parts == ["api", "validate-yaml"]:
            return self._answer(200, {"errors": [], "warnings": []})
        if parts[-1] == "batch":
            return self._answer(200, {"objects": [self._upload(each) for each in json.loads(raw)["objects"]]})
        if parts[4] == "branch":
            repo["branches"].setdefault(unquote(parts[5]), dict(repo["branches"]["main"]))
            return self._answer(200, {})
        if parts[4] == "preupload":
            modes = [
                {"path": file["path"], "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular"}
                for file in json.loads(raw)["files"]
            ]
            return self._answer(200, {"files": [{**mode, "shouldIgnore": False} for mode in modes]})
        return self._commit("/".join(parts[2:4]), repo["branches"][unquote(parts[5])], raw)

    def _begin(self) -> tuple[list[str], dict | None]:
        parts = urlsplit(self.path).path.strip("/").split("/")
        self.hub.requests[f"{self.command} {parts[4] if len(parts) > 4 else parts[-1]}"] += 1
        return parts, self.hub.repos.get("/".join(parts[2:4]))

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, value: object, code: str | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("X-Error-Code", code)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _create(self, asked: dict) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        exists = name in self.hub.repos
        if not exists:
            self.hub.add(name, {}, asked.get("visibility") == "private")
        self._answer(409 if exists else 200, {"url": f"{self.hub.url}/datasets/{name}"})

    def _upload(self, asked: dict) -> dict:
        upload = {"href": f"{self.hub.url}/large/{asked['oid']}"}
        known = asked["oid"] in self.hub.large
        return {"oid": asked["oid"], "size": asked["size"], **({} if known else {"actions": {"upload": upload}})}

    def _commit(self, name: str, files: dict[str, bytes], raw: bytes) -> None:
        for line in raw.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                self.hub.messages.append(value["summary"])
            elif item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            elif item["key"] == "deletedFile":
                del files[value["path"]]
        address = f"{self.hub.url}/datasets/{name}/commit/{'1' * 40}"
        self._answer(200, {"commitUrl": address, "commitOid": "1" * 40, "success": True})
