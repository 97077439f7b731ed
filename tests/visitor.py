"""A visitor without a browser: keeps cookies, reads forms, answers them. For the bench and for tests under load."""

from __future__ import annotations

import http.client
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

#: What this visitor answers, by the name of the question. Whatever is not named is answered "I'm not sure".
TRUSTEE_SALE = {
    "home_kind": "home",
    "role": "borrower",
    "stage": "lost",
    "residence": "primary",
    "lien": "first",
    "disposition": "nonjudicial",
    "owed": "300,000",
    "sale_price": "240k",
    "fair_value": "$262,000",
    "sale_date": ("11", "2", "2026"),
    "units": "3",
    "loan_use": "purchase",
}


class Form(HTMLParser):
    """The fields of the page's question, with what stands in the hidden ones."""

    def __init__(self, page: str):
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self.texts: list[str] = []
        self.selects: list[str] = []
        self.buttons: dict[str, str] = {}
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self._depth += (attributes.get("method") or "").lower() == "post" and "novalidate" in attributes
        if self._depth != 1:
            return
        name = attributes.get("name")
        kind = attributes.get("type", "text")
        if tag == "input" and name:
            if kind == "hidden":
                self.hidden[name] = attributes.get("value") or ""
            elif kind in ("radio", "checkbox"):
                self.choices.setdefault(name, []).append(attributes.get("value") or "on")
            else:
                self.texts.append(name)
        elif tag == "select" and name:
            self.selects.append(name)
        elif tag == "button" and name:
            self.buttons[name] = attributes.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._depth == 1:
            self._depth = 2

    def answer(self, given) -> dict[str, str]:
        """What to post for ``given``; ``None`` is "I'm not sure", or "none of these"."""
        data = dict(self.hidden)
        for name in self.selects:
            data[name] = given
        for name, values in self.choices.items():
            data[name] = given if given in values else next((v for v in ("unsure", "none") if v in values), values[-1])
        if self.texts and given is None:
            data.update(self.buttons)
        values = given if isinstance(given, tuple) else [given] * len(self.texts)
        for name, value in zip(self.texts, values, strict=False):
            data[name] = value or ""
        return data


class Visitor:
    """One browser's worth of state over one kept-alive connection."""

    def __init__(self, address: str):
        host = urlsplit(address)
        self.connection = http.client.HTTPConnection(host.hostname, host.port, timeout=30)
        self.cookies: dict[str, str] = {}
        self.bytes_in = 0

    def send(self, method: str, path: str, data: dict | None = None, headers: dict | None = None):
        """(status, path to go on to, body). Raises OSError when the server is away."""
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if data is not None:
            body = urlencode(data)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        content = response.read()
        self.bytes_in = len(content) + sum(len(k) + len(v) + 4 for k, v in response.getheaders())
        for value in response.headers.get_all("Set-Cookie") or []:
            pair, *attributes = value.split(";")
            name, _, content_of = pair.partition("=")
            if any(a.strip().lower() == "max-age=0" for a in attributes):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = content_of
        return response.status, response.headers.get("Location"), content

    def get(self, path: str, **headers):
        """A page, redirects followed: (path, body)."""
        status, to, content = self.send("GET", path, headers=headers or None)
        while status in (301, 302, 303):
            path = urlsplit(to).path
            status, to, content = self.send("GET", path)
        if status != 200:
            raise AssertionError(f"{path}: {status}")
        return path, content

    def step(self, path: str, page: bytes, answers: dict) -> tuple[str, bytes]:
        """Answer the question that ``page`` asks and follow to the next: (path, body)."""
        slug = path.rstrip("/").rsplit("/", 1)[-1]
        data = Form(page.decode()).answer(answers.get(slug))
        status, to, _ = self.send("POST", path, data)
        if status != 303:
            raise AssertionError(f"{path}: {status} for {data}")
        return self.get(urlsplit(to).path)

    def walk(self, state: str, answers: dict) -> tuple[str, bytes, int]:
        """From the start to the check page: (path, body, steps)."""
        path, page = self.get(f"/start/{state}/")
        steps = 0
        while path.startswith("/q/"):
            path, page = self.step(path, page, answers)
            steps += 1
            if steps > 60:
                raise AssertionError(f"the walk does not end: {path}")
        return path, page, steps
