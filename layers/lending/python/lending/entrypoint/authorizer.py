"""The front door's REQUEST authorizer: a verified access token becomes {sub, groups}.

Only the issuer's published keys and RS256 are accepted. A token that does not verify is
"Unauthorized" (API Gateway's 401); an issuer that does not answer is a fault (500): never an
allow, and never a deny that the cache would keep.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from urllib3.exceptions import HTTPError

from lending.domain.faults import Retryable

ALGORITHMS: Final = ["RS256"]
LEEWAY_S: Final = 60
KEYS_KEPT_S: Final = 600
REFETCH_AFTER_S: Final = 30  # a flood of unknown key ids must not become a flood of fetches
KEY_SET_BYTES_MAX: Final = 64 * 1024
TOKEN_CHARACTERS_MAX: Final = 8192
_GROUP: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Unauthorized(Exception):
    """API Gateway answers 401 for an error with exactly this text."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@dataclass(slots=True)
class _Keys:
    key_set: KeySet
    fetched_s: int
    asked_s: int


class Authorizer:
    """Verifies tokens of one issuer for one audience; keys are kept for ten minutes."""

    def __init__(
        self,
        issuer_url: str,
        audience: str,
        fetch: Callable[[str], Mapping[str, Any]] | None = None,
    ) -> None:
        self._issuer_url = issuer_url.rstrip("/")
        self._audience = audience
        self._fetch = fetch or _fetch_json
        self._keys: _Keys | None = None

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An Allow for the whole stage (the answer is cached by token) with the caller's context.

        Raises:
            Unauthorized: no token, or one that does not verify.  Retryable: the issuer is down.
        """
        now_s = int(event["requestContext"]["requestTimeEpoch"]) // 1000
        claims = self._verified(_bearer(event), now_s)
        subject = claims["sub"]
        listed = claims.get("cognito:groups")
        groups = [
            group
            for group in (listed if isinstance(listed, list) else ())
            if isinstance(group, str) and _GROUP.fullmatch(group)
        ]
        return {
            "principalId": subject,
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "execute-api:Invoke",
                        "Resource": _whole_stage(str(event["methodArn"])),
                    }
                ],
            },
            "context": {"sub": subject, "groups": ",".join(groups)},
        }

    def _verified(self, token: str, now_s: int) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token, self._key_set(token, now_s), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise Unauthorized from error
        claims = dict(decoded.claims)
        registry = jwt.JWTClaimsRegistry(
            now=now_s,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._issuer_url},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
            token_use={"essential": True, "value": "access"},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise Unauthorized from error
        if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 256:
            raise Unauthorized
        return claims

    def _key_set(self, token: str, now_s: int) -> KeySet:
        """The issuer's keys, fetched again when old or when the token names an unknown one."""
        keys = self._keys
        if keys is None or not 0 <= now_s - keys.fetched_s < KEYS_KEPT_S:
            return self._fetched(now_s)
        may_ask = abs(now_s - keys.asked_s) >= REFETCH_AFTER_S
        if may_ask and not self._is_known(token, keys.key_set):
            keys.asked_s = now_s  # before asking: a failing issuer is not asked more often
            return self._fetched(now_s)
        return keys.key_set

    def _fetched(self, now_s: int) -> KeySet:
        raw = self._fetch(f"{self._issuer_url}/.well-known/jwks.json")
        try:
            key_set = KeySet.import_key_set({"keys": list(raw["keys"])})
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise Retryable("issuer: no key set") from error
        self._keys = _Keys(key_set, fetched_s=now_s, asked_s=now_s)
        return key_set

    def _is_known(self, token: str, key_set: KeySet) -> bool:
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError):
            return True  # not a token at all: no reason to ask the issuer
        return kid is None or any(key.kid == kid for key in key_set.keys)


def _bearer(event: Mapping[str, Any]) -> str:
    headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not 1 <= len(token) <= TOKEN_CHARACTERS_MAX:
        raise Unauthorized
    return token


def _whole_stage(method_arn: str) -> str:
    """`arn:...:api-id/stage/*`: the policy is cached for every route of the same token."""
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}/*"


def _fetch_json(url: str) -> Mapping[str, Any]:
    """Small JSON over HTTP. Raises Retryable."""
    try:
        answer = urllib3.request(
            "GET",
            url,
            timeout=urllib3.Timeout(connect=2.0, read=3.0),
            retries=urllib3.Retry(1, redirect=False),
        )
        if answer.status != 200 or len(answer.data) > KEY_SET_BYTES_MAX:
            raise Retryable(f"issuer: HTTP {answer.status}")
        parsed = json.loads(answer.data)
    except (HTTPError, ValueError) as error:
        raise Retryable(f"issuer: {type(error).__name__}") from error
    if not isinstance(parsed, dict):
        raise Retryable("issuer: no key set")
    return parsed
