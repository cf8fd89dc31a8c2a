"""Calls every GET method of Auth0's own SDK, for the objects that the test names.

Reads a JSON object from standard input. The SDK must parse every answer, to the last page.
"""

import importlib.machinery
import importlib.util
import inspect
import json
import sys
from urllib.parse import parse_qs, unquote, urlsplit

from auth0.management.client import Auth0
from auth0.management.core.api_error import ApiError

given = json.load(sys.stdin)
loader = importlib.machinery.SourceFileLoader("api_description", given["api_description"])
api_description = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
loader.exec_module(api_description)
sdk = Auth0(base_url=given["url"] + "/api/v2", token=given["token"], max_retries=0)


def methods(client):
    """Every method of a client and its sub-clients that sends a GET, with the template of its path."""
    for name, function in inspect.getmembers(type(client.with_raw_response), inspect.isfunction):
        asked = api_description.request(function)
        if asked:
            yield asked[0], getattr(client, name)
    for name, member in inspect.getmembers(type(client), lambda member: isinstance(member, property)):
        if name != "with_raw_response":
            yield from methods(getattr(client, name))


def top_level():
    for name, member in inspect.getmembers(type(sdk), lambda member: isinstance(member, property)):
        yield from methods(getattr(sdk, name))


def arguments(template, method):
    """The values of the method's arguments in the request that the test names for its path."""
    wanted = template.strip("/").split("/")
    literals = lambda segments: [None if segment.startswith("{") else segment for segment in segments]
    for target in given["targets"]:
        url = urlsplit(target)
        segments = url.path.removeprefix("/api/v2/").split("/")
        pairs = list(zip(wanted, segments))
        if len(wanted) == len(segments) and all(w.startswith("{") or w == s for w, s in pairs):
            # `/custom-domains/default` is no request for `/custom-domains/{id}`.
            if any(literals(other.strip("/").split("/")) == segments for other in templates if other != template):
                continue
            values = {w.strip("{}"): unquote(s) for w, s in pairs if w.startswith("{")}
            values |= {name: value[0] for name, value in parse_qs(url.query).items()}
            known = inspect.signature(method).parameters
            return {name: value for name, value in values.items() if name in known}
    raise AssertionError(f"no request for {template}")


found = dict(top_level())
templates = list(found)
rows = 0
failed = []
for template, method in found.items():
    try:
        # The SDK's default of 50 is more than that list allows.
        few = {"take": 10} if template == "/connection-profiles" else {}
        answer = method(**arguments(template, method), **few)
        if hasattr(answer, "items") and hasattr(answer, "get_next"):
            rows += sum(1 for _ in answer)
        elif inspect.isgenerator(answer):
            list(answer)
    except ApiError as error:
        if not (error.status_code == 404 and template.startswith("/anomaly/")):
            failed.append(f"{template}: {error}")
    except Exception as error:
        failed.append(f"{template}: {type(error).__name__}: {str(getattr(error, 'cause', error))[:500]}")
assert not failed, "\n".join(failed)
print(f"{len(found)} methods, {rows} rows in pages")
