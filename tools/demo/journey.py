"""One customer's way from application to payout, over HTTP only, as a portal would go it."""

import json
import re
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

import urllib3

from tools.demo.people import Person

POLL_S = 0.01
# Asking often only helps while the answer is near: each time a third longer, at most this.
POLL_GROWTH = 4 / 3
POLL_MAX_S = 0.25
# The first question comes after this part of what the same wait took lately.
NEAR, SOONER = 0.9, 0.7
GIVE_UP_S = 60.0
DECIDED = {"APPROVED", "DECLINED", "MANUAL_REVIEW", "COUNTER_OFFERED"}
OTP = re.compile(r"(?<!\d)\d{6}(?!\d)")


class StuckError(Exception):
    """The application did not get on within the time allowed."""


@dataclass(slots=True)
class Ride:
    """What happened to one customer; seconds a step in `took_s`."""

    person: Person
    application_id: str = ""
    state: str = ""
    decision: dict[str, Any] = field(default_factory=dict)
    offer: dict[str, Any] = field(default_factory=dict)
    loan_id: str = ""
    reviewed: bool = False
    took_s: dict[str, float] = field(default_factory=dict)
    trouble: str = ""


class Patience:
    """How long each wait takes of late: who knows asks when the answer is near, not before."""

    def __init__(self) -> None:
        self._expected_s: dict[str, float] = {}

    def first_pause_s(self, wait: str) -> float:
        """Pause before the first question."""
        return max(POLL_S, NEAR * self._expected_s.get(wait, 0.0))

    def learn(self, wait: str, took_s: float, questions: int) -> None:
        """Take in one wait; an answer that was there at the first question came sooner."""
        if questions == 1:
            self._expected_s[wait] = SOONER * took_s
        else:
            known_s = self._expected_s.get(wait, took_s)
            self._expected_s[wait] = min(took_s, (known_s + took_s) / 2)


class Api:
    """A signed-in HTTP client of the front door and the partner sandboxes."""

    def __init__(self, url: str, partners: dict[str, str]) -> None:
        self._url = url
        self._partners = partners
        self._http = urllib3.PoolManager(maxsize=16, timeout=urllib3.Timeout(connect=5, read=60))
        self._tokens: dict[str, str] = {}
        self.patience = Patience()

    def call(
        self,
        who: str,
        method: str,
        path: str,
        body: object | None = None,
        key: str | None = None,
        etag: str | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON of one call as `who`; `key` is the Idempotency-Key, `etag` is known."""
        headers = {"Authorization": f"Bearer {self._token(who)}"}
        if etag:
            headers["If-None-Match"] = etag
        if key:
            headers["Idempotency-Key"] = key
        return self._send(method, self._url + path, body, headers)

    def partner(self, name: str, method: str, path: str, body: object | None = None) -> Any:
        """JSON of a call to a partner sandbox."""
        return self._send(method, self._partners[name] + path, body, {})[1]

    def sign_in(self, who: str, groups: list[str]) -> None:
        """Get a token for `who` from the local issuer."""
        grant = {"grant_type": "urn:autolend:local-signin", "sub": who, "groups": groups}
        self._tokens[who] = self.partner("issuer", "POST", "/oauth2/token", grant)["access_token"]

    def _token(self, who: str) -> str:
        if who not in self._tokens:
            self.sign_in(who, [])
        return self._tokens[who]

    def _send(
        self, method: str, url: str, body: object | None, headers: dict[str, str]
    ) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        answer = self._http.request(
            method, url, body=data, headers={**headers, "Content-Type": "application/json"}
        )
        return answer.status, json.loads(answer.data or b"null")


def ride(api: Api, person: Person) -> Ride:
    """Take one customer through; trouble is named in the result, never raised."""
    trip = Ride(person)
    try:
        _prepare(api, person)
        view = _apply(api, trip)
        if trip.state == "MANUAL_REVIEW":
            view = _review(api, trip)
        if trip.state == "APPROVED":
            _sign(api, trip, view)
            _await_funds(api, trip)
    except (StuckError, KeyError, urllib3.exceptions.HTTPError, json.JSONDecodeError) as cause:
        trip.trouble = f"{type(cause).__name__}: {cause}"
    return trip


def _prepare(api: Api, person: Person) -> None:
    if person.bureau is not None:
        subject = {"id_no": person.body["applicant"]["id_no"], "report": person.bureau}
        api.partner("bureau", "POST", "/_control/subjects", subject)
    if person.value_minor is not None:
        vehicle = {"vin": person.body["vehicle"]["vin"], "value_minor": person.value_minor}
        api.partner("valuation", "POST", "/_control/vehicles", vehicle)
    if person.flows is not None:
        subject = {"id_no": person.body["applicant"]["id_no"], "report": person.flows}
        api.partner("income", "POST", "/_control/subjects", subject)


def _apply(api: Api, trip: Ride) -> Any:
    began = time.perf_counter()
    answer = _post(api, trip, "/v1/applications", trip.person.body, 202)
    trip.application_id = answer["application_id"]
    trip.took_s["apply"] = time.perf_counter() - began
    view = _until(api, trip, DECIDED)
    trip.took_s["decide"] = time.perf_counter() - began
    trip.decision = view.get("decision") or {}
    return view


def _review(api: Api, trip: Ride) -> Any:
    """A person decides what the machine referred: approve what has a tolerable PD."""
    trip.reviewed = True
    pd_ppm = trip.decision.get("pd_ppm")
    approve = pd_ppm is not None and pd_ppm <= 150_000
    verdict = {
        "outcome": "APPROVED" if approve else "DECLINED",
        "reasons": [] if approve else ["reviewer_declined"],
        "note": "reviewed in the demo",
    }
    path = f"/v1/ops/applications/{trip.application_id}/review"
    key = f"review-{trip.application_id}"
    status, answer = api.call("officer-1", "POST", path, verdict, key)
    if status >= 300:
        raise StuckError(f"review answered {status} {answer.get('code')}")
    view = _until(api, trip, {"APPROVED", "DECLINED"})
    trip.decision = view.get("decision") or {}
    return view


def _sign(api: Api, trip: Ride, view: Any) -> None:
    began = time.perf_counter()
    base = f"/v1/applications/{trip.application_id}"
    trip.offer = view["offers"][0]
    accepted = {"offer_id": trip.offer["offer_id"], "cost_sheet_confirmed": True}
    _post(api, trip, f"{base}/acceptance", accepted, 200)
    contract = _post(api, trip, f"{base}/contract", {}, 201)
    read = {
        "viewed": [
            {
                "kind": document["kind"],
                "sha256": document["sha256"],
                "pages": list(range(1, document["pages"] + 1)),
            }
            for document in contract["documents"]
        ],
        "disclosures": contract["disclosures"],
    }
    prompted = _post(api, trip, f"{base}/contract/otp", read, 200)
    code = _read_code(api, trip, prompted["otp_id"])
    signature = {
        "otp_id": prompted["otp_id"],
        "code": code,
        "document_sha256": contract["document_sha256"],
    }
    _post(api, trip, f"{base}/signature", signature, 200)
    trip.took_s["sign"] = time.perf_counter() - began


def _await_funds(api: Api, trip: Ride) -> None:
    began = time.perf_counter()
    view = _until(api, trip, {"FUNDED", "FUNDING_FAILED"}, release=True)
    trip.loan_id = view.get("loan_id") or ""
    trip.took_s["fund"] = time.perf_counter() - began


def _read_code(api: Api, trip: Ride, otp_id: str) -> str:
    """Look at the customer's phone."""
    to = urllib.parse.quote(trip.person.mobile)
    give_up_at = time.perf_counter() + GIVE_UP_S
    while time.perf_counter() < give_up_at:
        inbox = api.partner("messages", "GET", f"/messages?to={to}")["messages"]
        for message in reversed(inbox):
            found = OTP.search(message["text"])
            if found and (otp_id in message["message_id"] or "otp" in message["template"]):
                return found[0]
        time.sleep(POLL_S)
    raise StuckError("no one-time password arrived")


def _post(api: Api, trip: Ride, path: str, body: object, wanted: int) -> Any:
    key = f"{trip.person.sub}-{path.rsplit('/', 1)[-1]}"
    give_up_at = time.perf_counter() + GIVE_UP_S
    while True:
        status, answer = api.call(trip.person.sub, "POST", path, body, key)
        if status == wanted:
            return answer
        if status not in {429, 500, 502, 503, 504} or time.perf_counter() > give_up_at:
            raise StuckError(f"{path} answered {status} {answer}")
        time.sleep(0.2)


def _until(api: Api, trip: Ride, states: set[str], *, release: bool = False) -> Any:
    give_up_at = time.perf_counter() + GIVE_UP_S
    released = not release
    path, etag, pause_s = f"/v1/applications/{trip.application_id}", "", POLL_S
    wait, began = ",".join(sorted(states)), time.perf_counter()
    time.sleep(api.patience.first_pause_s(wait))
    questions = 0
    while time.perf_counter() < give_up_at:
        questions += 1
        status, view = api.call(trip.person.sub, "GET", path, etag=etag)
        if status == 200:
            etag = f'"{view["version"]}"'
            trip.state = view["state"]
            if trip.state in states:
                api.patience.learn(wait, time.perf_counter() - began, questions)
                return view
            if not released and trip.state == "CONDITIONS_PENDING":
                released = _release(api, trip)
        time.sleep(pause_s)
        pause_s = min(POLL_MAX_S, pause_s * POLL_GROWTH)
    raise StuckError(f"still {trip.state} after {GIVE_UP_S:.0f} s")


def _release(api: Api, trip: Ride) -> bool:
    """Operations release what policy holds; refused while nothing is held."""
    path = f"/v1/ops/applications/{trip.application_id}/release"
    body = {"approved": True}
    status, _ = api.call("operator-1", "POST", path, body, f"release-{trip.application_id}")
    return status < 300
