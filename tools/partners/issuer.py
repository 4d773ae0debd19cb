"""Token issuer sandbox: stands in for the user pool. RS256 access tokens and their public key."""

import base64
import json
import os
import uuid
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from tools.partners.journal import JsonObject
from tools.partners.service import Answer, Call, Partner

AUDIENCE = "autolend"
TOKEN_LIFETIME_S = 3600
LOCAL_SIGN_IN = "urn:autolend:local-signin"
# A sandbox client for `client_credentials`; others are added with `POST /_control/clients`.
LOCAL_CLIENT = {"client_id": "local-partner", "client_secret": "local-only", "groups": ["partner"]}


class Issuer:
    """Signs for anyone who asks with `LOCAL_SIGN_IN`: loopback only, never deployed."""

    def __init__(self, state_dir: Path, url: str) -> None:
        self._key = _load_or_create_key(state_dir / "issuer_key.json")
        self._url = url
        self._clients: dict[str, JsonObject] = {}
        self._partner = Partner(
            name="issuer",
            operations={
                "GET /.well-known/openid-configuration": self.configuration,
                "GET /.well-known/jwks.json": self.key_set,
                "POST /oauth2/token": self.token,
                "POST /_control/clients": self.register,
            },
            on_reset=[self.reset],
        )
        self.reset()

    def partner(self) -> Partner:
        """The HTTP face."""
        return self._partner

    def configuration(self, _call: Call) -> Answer:
        """OpenID discovery document."""
        return Answer(
            200,
            {
                "issuer": self._url,
                "jwks_uri": f"{self._url}/.well-known/jwks.json",
                "token_endpoint": f"{self._url}/oauth2/token",
                "grant_types_supported": ["client_credentials", LOCAL_SIGN_IN],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
            },
        )

    def key_set(self, _call: Call) -> Answer:
        """The public key as a JWK set."""
        public = dict(self._key.as_dict(private=False))
        return Answer(200, {"keys": [{**public, "use": "sig", "alg": "RS256"}]})

    def token(self, call: Call) -> Answer:
        """Exchange a grant for an access token; OAuth error bodies otherwise."""
        match call.body.get("grant_type"):
            case "client_credentials":
                client_id, secret = _client(call)
                known = self._clients.get(client_id)
                if known is None or known["client_secret"] != secret:
                    return Answer(401, {"error": "invalid_client"})
                return self._granted(client_id, known["groups"])
            case grant if grant == LOCAL_SIGN_IN:
                subject = call.body.get("sub")
                if not isinstance(subject, str) or not subject:
                    return Answer(400, {"error": "invalid_request"})
                return self._granted(subject, _groups(call.body.get("groups")))
            case _:
                return Answer(400, {"error": "unsupported_grant_type"})

    def register(self, call: Call) -> Answer:
        """Add a client of `client_credentials`."""
        client_id = call.text("client_id")
        self._clients[client_id] = {
            "client_secret": call.text("client_secret"),
            "groups": _groups(call.body.get("groups")),
        }
        return Answer(200, {"client_id": client_id})

    def reset(self) -> None:
        """Back to the one built-in client; the key stays."""
        built_in = dict(LOCAL_CLIENT)
        self._clients = {str(built_in.pop("client_id")): built_in}

    def _granted(self, subject: str, groups: list[str]) -> Answer:
        issued_at = int(self._partner.clock.now())
        claims: dict[str, Any] = {
            "iss": self._url,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + TOKEN_LIFETIME_S,
            "jti": str(uuid.uuid4()),
            "token_use": "access",
            "cognito:groups": groups,
        }
        header = {"alg": "RS256", "typ": "JWT", "kid": self._key.kid}
        token = jwt.encode(header, claims, self._key, algorithms=["RS256"])
        return Answer(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME_S}
        )


def _load_or_create_key(path: Path) -> RSAKey:
    if path.exists():
        return RSAKey.import_key(json.loads(path.read_text(encoding="utf-8")))
    key = RSAKey.generate_key(2048, auto_kid=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(key.as_dict(private=True), out)
    draft.replace(path)
    return key


def _client(call: Call) -> tuple[str, str]:
    if call.authorization.startswith("Basic "):
        try:
            decoded = base64.b64decode(call.authorization[6:], validate=True).decode()
        except ValueError:
            return "", ""
        client_id, _, secret = decoded.partition(":")
        return client_id, secret
    return str(call.body.get("client_id", "")), str(call.body.get("client_secret", ""))


def _groups(value: object) -> list[str]:
    """Groups as a JSON list, or separated by commas or spaces in a form."""
    if isinstance(value, str):
        return value.replace(",", " ").split()
    return [str(group) for group in value] if isinstance(value, list) else []
