"""What the hostile requests are about: verifications in every state, with their owners, and what else has an id. Without them most requests would meet 404, and what is
hostile about them nobody.

Each is made by the API itself; how a check ended, `/dev/outcome` says. What a request has used up is made anew when it is wanted again.
"""

import collections
import contextlib
import dataclasses
import itertools
import json
import os
import ssl
import threading
import time
import urllib.error
import urllib.request

ORIGIN = os.environ["PROOFLIGHT_ORIGIN"]
# The server may have met another seed before, and knows its subjects.
SEED = os.environ["PROOFLIGHT_SEED"]
TRUSTED = ssl.create_default_context(cafile=os.environ["PROOFLIGHT_CERTIFICATE"])
# Who looks at evidence and judges; never one of those who are judged.
REVIEWER = "reviewer"
SERVICE = "service"
AT_A_TIME = 3
CONSENT = {"consent": {"version": "2026-11"}}
# Longer than any verification stays open.
DAY = 86_400
# A check that has ended is judged a minute after it was begun, though nobody calls back: its verification is closed then, and a page's token opens nothing any more.
FRESH_FOR_SECONDS = 45


class Refused(RuntimeError):
    """The API said no."""


@dataclasses.dataclass
class Object:
    """Something with an id."""

    id: str
    owner: str
    session: str = ""
    tag: str = ""
    # With which it is asked for, where its owner has no account.
    token: str = ""
    made: float = dataclasses.field(default_factory=time.monotonic)


def send(method, path, body=None, headers=()):
    """Status, headers and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    given = dict(headers) | ({} if body is None else {"content-type": "application/json"})
    request = urllib.request.Request(f"{ORIGIN}{path}", data=data, headers=given, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60, context=TRUSTED) as answer:
            return answer.status, answer.headers, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refusal:
        with refusal:
            raise Refused(f"{method} {path}: {refusal.code} {refusal.read()[:300]}") from None


def token(subject, scope):
    """A token of the local issuer's."""
    return send("POST", "/dev/token", {"subject": subject, "scope": scope})[2]["token"]


def ask(subject, scope, method, path, body=None):
    """The answer of the API to somebody with one scope."""
    return send(method, f"/api{path}", body, {"authorization": f"Bearer {token(subject, scope)}"})


class Objects:
    """What there is, by kind."""

    def __init__(self):
        self.subjects = (f"prepared-{SEED}-{number}" for number in itertools.count())
        self.there = collections.defaultdict(collections.deque)
        self.turns = collections.Counter()
        # One request at a time has something made for it.
        self.lock = threading.Lock()
        for _ in range(AT_A_TIME):
            self.there["expired"].append(self.open())
        send("POST", "/dev/clock", {"advanceSeconds": DAY})

    def one_of(self, kinds):
        """The next object of the next of these kinds."""
        with self.lock:
            kind = kinds[self.turns[kinds] % len(kinds)]
            self.turns[kinds] += 1
            there = self.there[kind]
            if kind == "page":
                oldest = time.monotonic() - FRESH_FOR_SECONDS
                there = self.there[kind] = collections.deque(one for one in there if one.made > oldest)
            if len(there) < AT_A_TIME and kind != "expired":
                there.append(getattr(self, kind)())
            there.rotate()
            return there[0]

    def forget(self, used):
        """An object is not any more what it was."""
        with self.lock:
            for there in self.there.values():
                for found in [one for one in there if one.id == used]:
                    if there is not self.there["expired"]:
                        there.remove(found)

    def open(self):
        owner = next(self.subjects)
        opened = ask(owner, "verify", "POST", "/verifications", CONSENT)[2]
        return Object(opened["verificationId"], owner, opened["session"]["sessionId"])

    def onboarding(self):
        """Opened by a service, under the policy that reviews and enrols."""
        owner = next(self.subjects)
        opened = ask(SERVICE, "open", "POST", f"/subjects/{owner}/verifications", {"policy": "onboarding"} | CONSENT)[2]
        one = Object(opened["verificationId"], owner)
        self.next_session(one)
        return one

    def link(self):
        """Opened by a service for somebody without an account."""
        owner = next(self.subjects)
        opened = ask(SERVICE, "open", "POST", f"/subjects/{owner}/verifications", {"policy": "onboarding", "clientToken": {}} | CONSENT)[2]
        return Object(opened["verificationId"], owner, token=opened["clientToken"]["token"])

    def page(self):
        """The link was exchanged, and its check has ended."""
        one = self.link()
        bearer = {"authorization": f"Bearer {one.token}", "idempotency-key": one.owner}
        one.token = send("POST", "/api/client-token", headers=bearer)[2]["token"]
        self.next_session(one)
        return self.ends(one, 97)

    def next_session(self, one):
        bearer = one.token or token(one.owner, "verify")
        issued = send("POST", f"/api/verifications/{one.id}/sessions", headers={"authorization": f"Bearer {bearer}"})[2]
        one.session = issued["session"]["sessionId"]

    def ends(self, one, confidence):
        send("POST", "/dev/outcome", {"sessionId": one.session, "status": "SUCCEEDED", "confidence": confidence})
        return one

    def completed(self, one, confidence):
        self.ends(one, confidence)
        ask(one.owner, "verify", "POST", f"/verifications/{one.id}/sessions/{one.session}/complete")
        return one

    def streaming(self):
        one = self.open()
        send("POST", "/dev/outcome", {"sessionId": one.session, "status": "IN_PROGRESS"})
        return one

    def finished(self):
        """Its check has ended, and nobody has called back."""
        return self.ends(self.open(), 97)

    def failed(self):
        return self.completed(self.open(), 12)

    def denied(self):
        one = self.failed()
        for _ in range(3):
            self.next_session(one)
            self.completed(one, 12)
        return one

    def approved(self):
        return self.completed(self.open(), 97)

    def cancelled(self):
        one = self.open()
        ask(one.owner, "verify", "POST", f"/verifications/{one.id}/cancel")
        return one

    def enrollable(self):
        return self.completed(self.onboarding(), 97)

    def enrolled(self):
        """Once: all have the same face, and who comes second with it is for a person to look at."""
        one = self.enrollable()
        with contextlib.suppress(Refused):
            ask(SERVICE, "open", "POST", f"/verifications/{one.id}/enrolment")
        return one

    def in_review(self):
        return self.completed(self.onboarding(), 70)

    def claimed(self):
        one = self.in_review()
        ask("another-reviewer", "review", "POST", f"/verifications/{one.id}/claim")
        return one

    def looked_at(self):
        """The reviewer knows the tag of its evidence: a verdict counts."""
        one = self.in_review()
        one.tag = ask(REVIEWER, "review", "GET", f"/verifications/{one.id}/evidence")[1]["etag"]
        return one

    def lockout(self):
        one = self.failed()
        return Object(ask("admin", "admin", "GET", f"/lockouts?subject={one.owner}")[2]["lockoutId"], one.owner)

    def erasure(self):
        one = self.approved()
        return Object(ask("officer", "erase", "POST", "/erasures", {"subject": one.owner})[2]["erasureId"], one.owner)
