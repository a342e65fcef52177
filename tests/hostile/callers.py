"""Who sends the hostile requests, and about what: for every one a real token of prooflight-local's own, with one scope of the route, and in place of a made-up id that
of something that is there.

Where a route takes several scopes, they take turns, because the answer depends on it. The subject changes with every few verifications that are
opened: the limits would refuse one and the same after ten. An id that is hostile itself stays as it is, and so does one that an answer gave.
"""

import atexit
import collections
import itertools
import json
import os
import pathlib
import re

import schemathesis
from objects import REVIEWER, SEED, Object, Objects, token
from schemathesis.core.parameters import ParameterLocation

VERIFICATIONS_OF_ONE = 6

CLOSED = ("approved", "denied", "expired", "cancelled")
# What the id of a request names, by operation.
WANTED = {
    "exchangeLink": ("link",),
    "getVerification": ("open", "page", "streaming", "failed", "in_review", "enrolled", *CLOSED),
    "getResult": ("open", "failed", "in_review", "enrolled", *CLOSED),
    "nextSession": ("failed", "open", "page", "failed", "streaming", *CLOSED),
    "completeSession": ("finished", "open", "page", "finished", "streaming", *CLOSED),
    "cancelVerification": ("open", "failed", "in_review", *CLOSED),
    "withdrawConsent": ("open", "in_review", "enrolled", *CLOSED),
    "enrolFace": ("enrollable", "enrolled", "enrollable", "approved", "in_review"),
    "claimReview": ("in_review", "claimed", "in_review", "approved"),
    "lookAtEvidence": ("in_review", "claimed", "looked_at", *CLOSED),
    "giveVerdict": ("looked_at", "looked_at", "looked_at", "in_review", "claimed", "denied"),
    "getErasure": ("erasure",),
    "liftLockout": ("lockout",),
    "exportSubject": ("approved", "enrolled", "denied"),
    "openVerificationForSubject": ("approved", "enrolled", "lockout"),
    "listVerifications": ("approved", "enrolled", "denied"),
    "getLockout": ("lockout", "approved"),
}
# After one of these it is not any more what it was.
USES_UP = {"exchangeLink", "nextSession", "completeSession", "cancelVerification", "withdrawConsent", "enrolFace", "claimReview", "giveVerdict", "liftLockout"}

objects = Objects()
turns = itertools.count()
opened = itertools.count()
subject = itertools.count()
current = [f"subject-{SEED}-{next(subject)}"]
# Whose is what an answer named, and what a link is for.
owners = {}
links = {}
statuses = collections.defaultdict(collections.Counter)


def is_honest(case, location):
    """Whether this part of the request is as the contract says."""
    part = case.meta.components.get(location) if case.meta else None
    return part is None or part.mode.is_positive


def named(case, operation):
    """Puts something that is there where the request names what is not, and returns it."""
    kinds = WANTED.get(operation)
    path, query = case.path_parameters or {}, case.query or {}
    known = owners.get(path.get("id"))
    if kinds is None or known is not None:
        return known
    by_path = "id" in path or "subject" in path
    if not is_honest(case, ParameterLocation.PATH if by_path else ParameterLocation.QUERY):
        return None
    one = objects.one_of(kinds)
    if "id" in path:
        path["id"] = one.id
    if "sessionId" in path:
        path["sessionId"] = one.session
    if "subject" in path:
        path["subject"] = one.owner
    if "subject" in query:
        query["subject"] = one.owner
    if one.tag and operation == "giveVerdict" and is_honest(case, ParameterLocation.HEADER):
        case.headers["If-Match"] = one.tag
    return one


@schemathesis.auth(refresh_interval=None)
class Callers:
    """Without a cache: tokens cost nothing here, and the next request has another subject or scope."""

    def get(self, case, _context):
        operation = case.operation.definition.raw
        one = named(case, operation["operationId"])
        if operation["operationId"] == "openVerification" and next(opened) % VERIFICATIONS_OF_ONE == 0:
            current[0] = f"subject-{SEED}-{next(subject)}"
        if one and one.token:
            links[one.token] = one.id
            return one.token
        scopes = [scope for alternative in operation["security"] for scope in alternative.get("token", [])]
        # A route for everybody is asked as anybody asks it.
        if not scopes:
            return None
        scope = scopes[next(turns) % len(scopes)]
        return token(REVIEWER if scope in ("review", "admin", "erase") else one.owner if one else current[0], scope)

    def set(self, case, data, _context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def after_call(_context, case, response):
    """Counts, and keeps in mind what is whose."""
    operation = case.operation.definition.raw["operationId"]
    statuses[operation][response.status_code] += 1
    token_of = links.get(case.headers.get("Authorization", "").removeprefix("Bearer "))
    # A page's check has ended: asked for another one, its verification is judged and closed, which is told by a conflict.
    used_up = response.status_code < 300 or (token_of and response.status_code == 409)
    if used_up and operation in USES_UP:
        objects.forget((case.path_parameters or {}).get("id") or token_of)
    if response.status_code >= 300:
        return
    if operation == "openVerification" and (made := re.search(rb"ver_[0-9a-f]{32}", response.content)):
        owners[made.group().decode()] = Object(made.group().decode(), current[0])


@atexit.register
def tell():
    pathlib.Path(os.environ["PROOFLIGHT_STATUSES"]).write_text(json.dumps(statuses))
