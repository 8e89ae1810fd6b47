"""Somebody who corrects on the review page; works in a process that may be killed."""

import json
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pipeline.run.corrections.review_page import review_page

SAID = (
    ("edit", {"kind": "name", "player": 1, "value": "Ada"}),
    ("edit", {"kind": "move_stretch", "player": 1, "from_s": 0.0, "to_s": 3.0, "to": None}),
    ("undo", None),
)
"""Twice the same move would make two new people, and an undo carried out twice would take Ada's name back."""


def ask(address, path, data=None):
    headers = {} if data is None else {"Content-Type": "application/json"}
    body = None if data is None else json.dumps(data).encode()
    assert urlsplit(address).hostname == "127.0.0.1"
    with urlopen(Request(address + path, body, headers), timeout=60) as answer:  # noqa: S310
        return json.loads(answer.read())


def say_all(run: str, note: str) -> None:
    """Say all at once, and note what is accepted."""
    with review_page(Path(run)) as (address, _):
        revision = ask(address, "game")["revision"]
        for path, edit in SAID:
            ask(address, path, {} if edit is None else {"revision": revision, "edits": [edit]})
            with Path(note).open("a", encoding="utf-8") as file:
                file.write(f"{path}\n")
