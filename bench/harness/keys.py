"""Throw-away signing keys and tokens for one run.

Python signs HS256 itself; `openssl` makes and uses the RSA key. Nothing here is worth keeping.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import secrets
import subprocess
import time

HS256_ISSUER = "https://hs256.bench.test"
RS256_ISSUER = "https://rs256.bench.test"
AUDIENCE = "gateway"
SERVER_KEY = "sd_" + "benchmark0key0of0nobody0"
WORKSPACE = "4242"
LIFE_S = 7 * 86_400


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(algorithm, issuer, subject):
    """Header and claims as an identity provider writes them: some of it is of no use to us."""
    now = int(time.time())
    header = {"alg": algorithm, "typ": "JWT", "kid": "bench-1"}
    claims = {
        "iss": issuer, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + LIFE_S, "plan": "bench",
        "workspace": WORKSPACE, "email": "someone@example.test", "sid": "0d9d1a52-6f7c-4f62-a1fb-8a3f3f4f8f11",
    }
    return ".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))


def hs256(secret, subject):
    text = unsigned("HS256", HS256_ISSUER, subject)
    return text + "." + encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, check=True, capture_output=True).stdout


def make(folder: pathlib.Path):
    """Writes keys into the folder and gives the tokens: hs256, rs256, and bad (one bit of its signature is wrong)."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_hex(24).encode()
    (folder / "hs256.secret").write_bytes(secret)
    (folder / "server.key").write_text(SERVER_KEY)
    private, public = folder / "rs256.pem", folder / "rs256.pub.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(private))
    openssl("pkey", "-in", str(private), "-pubout", "-out", str(public))
    text = unsigned("RS256", RS256_ISSUER, "bench-user-1")
    signature = openssl("dgst", "-sha256", "-sign", str(private), given=text.encode())
    good = hs256(secret, "bench-user-1")
    signed, _, tail = good.rpartition(".")
    first = "A" if tail[0] != "A" else "B"
    return {"hs256": good, "rs256": text + "." + encode(signature), "bad": f"{signed}.{first}{tail[1:]}"}
