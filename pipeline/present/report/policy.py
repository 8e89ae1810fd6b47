"""What a browser may do with the report: show it, and nothing else, whatever found its way into it."""

from __future__ import annotations

import base64
import hashlib
import re

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that no name needs: controls, those that turn the direction of what follows, and halves of characters."""
_STYLE = re.compile(r' style="([-\w#%.,:;() ]*)"')
_HEAD = '<meta charset="utf-8">\n'
"""Behind it the policy stands, before all that it is about."""


def visible(text: str) -> str:
    """Show characters that would hide or reorder text.

    Example:
        >>> visible("Ana\u202egnp.exe")
        'Ana�gnp.exe'
    """
    return CONTROL.sub("\ufffd", text)


def restricted(html: str) -> str:
    """Give a page a policy under which it runs its script, is styled by its style sheet, and loads
    nothing but the video beside it.

    What is put into the page afterwards needs no style of its own, and gets none: styles of single elements become rules of
    the sheet, so that the policy has to allow none elsewhere.

    Args:
        html: a document with one style sheet and one script.

    Returns:
        The same with a Content-Security-Policy.
    """
    rules: dict[str, int] = {}

    def rule(found: re.Match[str]) -> str:
        return f' data-style="{rules.setdefault(found[1], len(rules))}"'

    html = _STYLE.sub(rule, visible(html))
    sheet = "".join(f'[data-style="{k}"]:not(#_) {{ {declarations} }}\n' for declarations, k in rules.items())
    html = html.replace("</style>", f"{sheet}</style>", 1)
    hashes = {tag: _hash(html.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]) for tag in ("style", "script")}
    policy = (
        "default-src 'none'; img-src data:; media-src 'self'; "
        f"style-src '{hashes['style']}'; script-src '{hashes['script']}'; base-uri 'none'; form-action 'none'"
    )
    return html.replace(_HEAD, f'{_HEAD}<meta http-equiv="Content-Security-Policy" content="{policy}">\n', 1)


def _hash(text: str) -> str:
    """Name a text as a policy does."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
