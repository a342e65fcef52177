"""Who sends the hostile requests: for every one a real token of prooflight-local's own, with one scope of the route.

Where a route takes several scopes, they take turns, because the answer depends on it. The subject changes with every few verifications that are
opened: the limits would refuse one and the same after ten.
"""

import itertools
import json
import os
import ssl
import urllib.request

import schemathesis

VERIFICATIONS_OF_ONE = 6

origin = os.environ["PROOFLIGHT_ORIGIN"]
trusted = ssl.create_default_context(cafile=os.environ["PROOFLIGHT_CERTIFICATE"])
turns = itertools.count()
opened = itertools.count()
subject = itertools.count()
current = [f"subject-{next(subject)}"]


def token(scope):
    """A token for whoever asks now."""
    name = "somebody-else" if scope in ("review", "admin", "erase") else current[0]
    request = urllib.request.Request(
        f"{origin}/dev/token",
        data=json.dumps({"subject": name, "scope": scope}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20, context=trusted) as answer:
        return json.load(answer)["token"]


@schemathesis.auth(refresh_interval=None)
class Callers:
    """Without a cache: tokens cost nothing here, and the next request has another subject or scope."""

    def get(self, case, _context):
        operation = case.operation.definition.raw
        if operation["operationId"] == "openVerification" and next(opened) % VERIFICATIONS_OF_ONE == 0:
            current[0] = f"subject-{next(subject)}"
        scopes = [scope for alternative in operation["security"] for scope in alternative["token"]]
        # A route for everybody is asked as anybody asks it.
        return token(scopes[next(turns) % len(scopes)]) if scopes else None

    def set(self, case, data, _context):
        case.headers["Authorization"] = f"Bearer {data}"
