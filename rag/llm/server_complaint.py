"""What a model server says about its own failure, in a few words that may be shown."""

import html
import json
import re
from dataclasses import dataclass

from rag.text.clean import clean_characters
from rag.text.shorten import shorten

MAX_SAID = 160  # characters of the server's words in a sentence
MAX_READ = 4_000  # characters of them that are looked at
HIDDEN = "[hidden]"

_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+)?html\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
# What may be a key: by its usual beginning, after a word for one, or as a long run of random
# characters. And who may log in somewhere, in an address.
_SECRET = re.compile(
    r"(?<=://)[^\s/@]+(?=@)"
    r"|\b(?:Bearer|Basic)\s+[\w.~+/=-]{6,}"
    r"|\b(?:sk|pk|rk|hf|gsk|ghp|glpat|xai|xox\w)[-_][\w*.-]{6,}"
    r"|\beyJ[\w-]+\.[\w.-]+"
    r"|(?i:(?<=key)|(?<=token)|(?<=password)|(?<=secret))"
    r"\s?(?:[:=]\s?|(?=[\"'“‘]))[\"'“‘]?[^\s\"'”’]{4,}"
    r"|\b[0-9a-f]{32,}\b"
    r"|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[\w+/]{24,}=*"
)
# The folders of a file on the server's machine, which may hold somebody's name.
_FOLDERS = re.compile(
    r"(?<![\w.])/(?:home|Users|root|mnt|var|opt|srv|data|tmp)/(?:[^\s\"'/]+/)*"
    r"|\b[A-Z]:\\(?:[^\s\"'\\]+\\)*"
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """A server's words, its code for the failure, and the part of the request that it names."""

    text: str
    code: str = ""
    param: str = ""
    is_page: bool = False

    @property
    def words(self) -> set[str]:
        """The words of the text, as names of parameters are written."""
        return set(re.findall(r"\w+", self.text))

    def quoted(self, key: str = "") -> str:
        """Return the words in quotation marks, short, on one line, without secrets; "" if none."""
        text = clean_characters(self.text)
        if key:
            text = text.replace(key, HIDDEN)
        text = _FOLDERS.sub("", _SECRET.sub(_hide, text))
        text = shorten(text.replace("“", '"').replace("”", '"').rstrip(" ."), MAX_SAID)
        if self.is_page:
            return f"a web page, “{text}”" if text else "a web page"
        return f"“{text}”" if text else ""


def _hide(match: re.Match[str]) -> str:
    """Return what stands for a secret; the sign between it and the word for it goes too."""
    return HIDDEN if match[0][0].isalnum() else f" {HIDDEN}"


def complaint_of(body: object) -> Complaint:
    """Read the body of a response, or its "error": a JSON value in the words of any server."""
    if isinstance(body, str):
        text = body[:MAX_READ]
        if _PAGE.match(text):
            title = _TITLE.search(text)
            return Complaint(html.unescape(title[1]) if title else "", is_page=True)
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return Complaint(text)
        return complaint_of(parsed) if isinstance(parsed, dict) else Complaint(text)
    try:
        return _complaint_of_fields(body) if isinstance(body, dict) else Complaint("")
    except RecursionError:  # nested more deeply than anything that is meant
        return Complaint("")


def _complaint_of_fields(fields: dict[str, object]) -> Complaint:
    while isinstance(inner := fields.get("error"), dict):
        fields = inner
    found = (fields.get(name) for name in ("message", "detail", "error", "msg"))
    said = next((value for value in found if value), json.dumps(fields) if fields else "")
    if isinstance(said, list):  # FastAPI's: one for each field that does not fit
        said = "; ".join(str(each.get("msg", each)) for each in said if isinstance(each, dict))
    code, param = fields.get("code") or fields.get("type"), fields.get("param")
    return Complaint(
        str(said)[:MAX_READ],
        code=code if isinstance(code, str) else "",
        param=param if isinstance(param, str) else "",
    )
