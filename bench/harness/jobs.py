"""The jobs: what is asked, what must come back, and what the upstream must have seen."""

import dataclasses
import json
import pathlib
import random

TUNE = 1504944
BOUNDARY = "bench-boundary-5b1f0c"
SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "tests/fixtures/photos/jpeg.jpg"


@dataclasses.dataclass(frozen=True)
class Job:
    name: str
    says: str
    method: str
    path: str
    token: str
    status: int
    counted: str | None = None  # which of the upstream's counters goes up with each request
    content_type: str = ""
    body: bytes = b""
    has_keys: bool = False  # each request has an idempotency key of its own


def photo(size_bytes):
    """The sample photo, with its position in it, and pseudo-random picture data up to the size."""
    sample = SAMPLE.read_bytes()
    missing = size_bytes - len(sample)
    noise = random.Random(7).randbytes(missing).replace(b"\xff", b"\xff\x00")[: missing - 2] + b"\x11\x11"
    return sample[:-2] + noise + sample[-2:]


def inspection(size_bytes):
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="%s"%s\r\n'
    head = (part % ("name", "") + "\r\nwoman\r\n").encode()
    head += (part % ("file", '; filename="me.jpg"') + "Content-Type: image/jpeg\r\n\r\n").encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    return head + photo(size_bytes - len(head) - len(tail)) + tail


def prompt(size_bytes):
    fields = {"text": "", "num_images": 4, "super_resolution": True, "face_correct": True, "aspect_ratio": "4:5"}
    missing = size_bytes - len(json.dumps({"prompt": fields}))
    fields["text"] = ("portrait of ohwx woman in a bright studio, soft light, " * 10)[:missing]
    return json.dumps({"prompt": fields}).encode()


def inspect(name, says, size_bytes):
    multipart = f"multipart/form-data; boundary={BOUNDARY}"
    return Job(name, says, "POST", "/images/inspect", "hs256", 200, "inspections", multipart, inspection(size_bytes))


JOBS = {
    job.name: job
    for job in (
        Job("J1hs", "packs from cache, HS256", "GET", "/packs", "hs256", 200),
        Job("J1rs", "packs from cache, RS256", "GET", "/packs", "rs256", 200),
        Job("J2", "prompt forwarded, 400 B JSON", "POST", f"/tunes/{TUNE}/prompts", "hs256", 201, "prompts",
            "application/json", prompt(400)),
        Job("J2k", "the same with idempotency keys", "POST", f"/tunes/{TUNE}/prompts", "hs256", 201, "prompts",
            "application/json", prompt(400), has_keys=True),
        inspect("J3", "inspection forwarded, 100 KiB multipart", 100 * 1024),
        Job("J4", "bad token", "GET", "/packs", "bad", 401),
    )
}
