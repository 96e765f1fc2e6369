"""What a server may do to a client: good replies in unusual forms, refusals, and failures of every kind."""

from __future__ import annotations

import gzip
import zlib

from tests.models.misbehaving.replies import (
    CHUNKED,
    EVENTS,
    HTML,
    JSON,
    LAST,
    REPLY,
    SSE,
    START,
    chunk,
    encoded,
    error_body,
    head,
    sized,
    sse,
)
from tests.models.misbehaving.scene import (
    Scene,
    breaks_off,
    bytewise,
    closes_when_used_again,
    lies_about_keeping_alive,
    lost,
    redirects,
    redirects_without_end,
    refuses,
    refuses_and_resets,
    refuses_early,
    says,
    stalls,
)

NO_HTTP = "URL: what answers there does not speak HTTP"
_GZIP = gzip.compress(REPLY)
_UNNAMED = b"\n".join(line for line in REPLY.split(b"\n") if not line.startswith(b"event"))
_BUSY = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
_INVALID = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
_NO_THREAD = error_body("invalid_request_error", details={"error_code": "thread_not_found"})

GOOD: dict[str, Scene] = {
    "sized": Scene(says(sized(REPLY))),
    "chunked": Scene(says(CHUNKED + chunk(REPLY) + LAST)),
    "chunks cut through events": Scene(says(CHUNKED, *map(chunk, (REPLY[:77], REPLY[77:200], REPLY[200:])), LAST)),
    "bytewise": Scene(bytewise),
    "ends with the connection": Scene(says(head("200 OK", SSE), REPLY, closes=True), kept=0),
    "http/1.0": Scene(says(sized(REPLY).replace(b"1.1", b"1.0"), closes=True), kept=0),
    "interim responses": Scene(says(head("100 Continue"), head("103 Early Hints", "link: </a>"), sized(REPLY))),
    "interim responses without end": Scene(
        says(head("100 Continue") * 300, sized(REPLY)),
        "connection_error again",
        requests=2,
        kept=0,
        sdks_own=("Tea.", 1, 1),  # it would wait for ever
    ),
    "no reason": Scene(says(sized(REPLY, "200"))),
    "chunk extension and trailer": Scene(
        says(CHUNKED, chunk(REPLY).replace(b"\r", b";a=b\r", 1), b"0\r\nx: 1\r\n\r\n")
    ),
    "line feeds only": Scene(says(sized(REPLY).replace(b"\r\n", b"\n"))),
    "gzip": Scene(says(encoded(_GZIP, "gzip"))),
    "deflate": Scene(says(encoded(zlib.compress(REPLY), "deflate"))),
    "gzip twice": Scene(says(sized(gzip.compress(_GZIP), "200 OK", SSE, *["content-encoding: gzip"] * 2))),
    "gzip in chunks": Scene(
        says(CHUNKED[:-2] + b"content-encoding: gzip\r\n\r\n", chunk(_GZIP[:50]), chunk(_GZIP[50:]), LAST)
    ),
    "closes the idle connection": Scene(closes_when_used_again, requests=3, kept=0, runs=3),
    "forgets the idle connection": Scene(lies_about_keeping_alive, requests=3, runs=3),
    "connection: close": Scene(says(sized(REPLY, "200 OK", SSE, "connection: close")), requests=2, kept=0, runs=2),
    "redirects": Scene(redirects, requests=4, runs=2, redirects=True),
    "more bytes behind the reply": Scene(
        says(sized(REPLY) + b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"),
        requests=2,
        kept=0,
        runs=2,
        sdks_own=("Tea.", 3, 1),
    ),
    "null byte in an event": Scene(says(sized(REPLY.replace(b"Tea.", b"T\\u0000a"))), outcome="T\0a"),
    "carriage returns only": Scene(says(sized(REPLY.replace(b"\n", b"\r")))),
    "a byte order mark, data without names": Scene(says(sized(b"\xef\xbb\xbf" + _UNNAMED))),
    "comments and a name that nobody knows": Scene(says(sized(b": hi\n\nevent: new\ndata: {}\n\n" + REPLY))),
    "a folded header": Scene(says(sized(REPLY, "200 OK", SSE, "x-a: b\r\n  c"))),
    "a length and chunks": Scene(
        says(head("200 OK", SSE, "content-length: 5", "transfer-encoding: chunked"), chunk(REPLY), LAST),
        runs=2,
        requests=2,
    ),
    "many trailers": Scene(says(CHUNKED, chunk(REPLY), b"0\r\n", b"x: 1\r\n" * 900, b"\r\n"), requests=2, runs=2),
    "cut behind the last event": Scene(says(CHUNKED, chunk(REPLY), closes=True), kept=0),
    "stalls behind the last event": Scene(stalls(CHUNKED + chunk(REPLY)), kept=0, stalls=True),
}
REFUSALS: dict[str, Scene] = {
    "401": Scene(refuses("401 No", "authentication_error"), "authentication_error 401 req_1"),
    "403": Scene(refuses("403 No", "permission_error"), "permission_error 403 req_1"),
    "404": Scene(refuses("404 No", "not_found_error"), "not_found_error 404 req_1"),
    "404 of another server": Scene(says(sized(b"<h1>nothing here</h1>", "404 Not Found", HTML)), "http_404 404"),
    "400 with a code": Scene(says(sized(_NO_THREAD, "400 No", JSON)), "invalid_request_error 400 thread_not_found"),
    "400 that may pass": Scene(
        refuses("400 Oh", "invalid_request_error", "x-should-retry: true"), "invalid_request_error 400 req_1 again", 2
    ),
    "413 before the body": Scene(
        refuses_early, "request_too_large 413", requests=4, kept=0, prompt="long " * 200_000, reads_body=False
    ),
    "413 and a reset": Scene(
        refuses_and_resets,
        "request_too_large 413",
        requests=4,
        kept=0,
        prompt="long " * 200_000,
        reads_body=False,
        is_for_ours=True,
    ),
    "429": Scene(
        refuses("429 Slow", "rate_limit_error", "retry-after: 0.01"), "rate_limit_error 429 req_1 again 0.01", 2
    ),
    "429 in milliseconds": Scene(
        refuses("429 Slow", "rate_limit_error", "retry-after-ms: 20", "retry-after: 9"),
        "rate_limit_error 429 req_1 again 0.02",
        requests=2,
    ),
    "429 with a long wait": Scene(
        refuses("429 Slow", "rate_limit_error", "retry-after: 4000"), "rate_limit_error 429 req_1 again 4000.0"
    ),
    "500": Scene(refuses("500 Oh", "api_error"), "api_error 500 req_1 again", 2),
    "429 with a wait that is none": Scene(
        refuses("429 Slow", "rate_limit_error", "retry-after: soon"), "rate_limit_error 429 req_1 again", 2
    ),
    "500 that is final": Scene(refuses("500 Oh", "api_error", "x-should-retry: false"), "api_error 500 req_1"),
    "502 of a proxy": Scene(says(sized(b"<html>Bad Gateway</html>", "502 Bad Gateway", HTML)), "http_502 502 again", 2),
    "503 without a body": Scene(says(head("503 Later", "content-length: 0")), "http_503 503 again", 2),
    "529": Scene(refuses("529 Busy", "overloaded_error"), "overloaded_error 529 req_1 again", 2),
    "529 in gzip": Scene(
        says(sized(gzip.compress(error_body("overloaded_error")), "529 Busy", JSON, "content-encoding: gzip")),
        "overloaded_error 529 again",
        requests=2,
    ),
    "500 with a cut body": breaks_off(
        says(sized(error_body("api_error"), "500 Oh", JSON)[:-9], closes=True), "http_500 500 again", requests=2
    ),
    "500 with a stalled body": breaks_off(
        stalls(sized(error_body("api_error"), "500 Oh", JSON)[:-9]), "http_500 500 again", requests=2, stalls=True
    ),
    "401 with a cut body": breaks_off(
        says(sized(error_body("no"), "401 No", JSON, "request-id: req_1")[:-9], closes=True), "http_401 401 req_1"
    ),
    "429 with a cut body": breaks_off(
        says(sized(error_body("no"), "429 Slow", JSON, "retry-after: 0.01")[:-9], closes=True),
        "http_429 429 again 0.01",
        requests=2,
    ),
    "304": Scene(says(head("304 Not Modified")), "http_304 304"),
    "redirects without end": Scene(
        redirects_without_end, "URL: Exceeded maximum allowed redirects", requests=21, redirects=True
    ),
}
NO_REPLIES: dict[str, Scene] = {
    "empty": lost(says(sized(b"")), kept=1),
    "204": lost(says(head("204 No Content")), kept=1),
    "json": Scene(says(sized(b'{"type": "message"}', "200 OK", JSON)), "URL: it answered with application/json"),
    "a web page": Scene(says(sized(b"<html>Sign in</html>", "200 OK", HTML)), "URL: it answered with text/html"),
    "not json": lost(says(CHUNKED + chunk(sse(START) + b"data: {oops\n\n" + REPLY)), kind="protocol_error"),
    "error event": Scene(says(CHUNKED + chunk(sse(START, _BUSY))), "overloaded_error 200 again", requests=2, kept=0),
    "final error event": Scene(says(CHUNKED + chunk(sse(_INVALID))), "invalid_request_error 200", kept=0),
    "cut between events": lost(says(sized(sse(*EVENTS[:3]))), kept=1),
    "length too short": Scene(
        says(head("200 OK", SSE, "content-length: 150") + REPLY),
        "stream_interrupted again",
        requests=2,
        kept=0,
        sdks_own=("configuration_error", 2, 0),
    ),
}
FAILURES: dict[str, Scene] = {
    "silent": lost(stalls(), kind="timeout_error", stalls=True),
    "stalls in the head": lost(stalls(CHUNKED[:30]), kind="timeout_error", stalls=True),
    "stalls in the body": lost(stalls(CHUNKED + chunk(REPLY[:150])), stalls=True),
    "closes at once": lost(says(closes=True), kind="connection_error"),
    "cut in the head": lost(says(CHUNKED[:30], closes=True), kind="connection_error"),
    "cut in a chunk": lost(says(CHUNKED, chunk(REPLY)[:150], closes=True)),
    "cut in the size of a chunk": lost(says(CHUNKED, chunk(REPLY[:150]), b"1", closes=True)),
    "cut before the last chunk": lost(says(CHUNKED, chunk(REPLY[:150]), closes=True)),
    "cut in the length": lost(says(sized(REPLY)[:-100], closes=True)),
    "another protocol": lost(says(b"SSH-2.0-OpenSSH_9.6\r\n", closes=True), kind="connection_error"),
    "junk": Scene(says(b"\x15\x03\x03\x00\x02\x02\x50junk\r\n\r\n", closes=True), NO_HTTP, kept=0),
    "http/2": Scene(says(b"HTTP/2 200 OK\r\n\r\n", closes=True), NO_HTTP, kept=0),
    "null byte in the head": Scene(says(sized(REPLY, "200 OK", SSE, "x-a: b\0c")), NO_HTTP, kept=0),
    "a header without a colon": Scene(says(sized(REPLY, "200 OK", SSE, "what is this")), NO_HTTP, kept=0),
    "huge head": lost(says(sized(REPLY, "200 OK", SSE, "x-a: " + "a" * 300_000)), kind="connection_error"),
    "the size of a chunk is no number": lost(says(CHUNKED + b"tea\r\n" + REPLY)),
    "the length is no number": lost(says(head("200 OK", SSE, "content-length: -5") + REPLY), kind="connection_error"),
    "a coding of the transfer that nobody knows": lost(
        says(head("200 OK", SSE, "transfer-encoding: gzip, chunked"), chunk(REPLY), LAST), kind="connection_error"
    ),
    "switches protocols": lost(says(head("101 Switching Protocols", "upgrade: h2c"), REPLY), kind="connection_error"),
    "two lengths": lost(
        says(head("200 OK", SSE, "content-length: 5", "content-length: 6") + REPLY), kind="connection_error"
    ),
    "damaged gzip": lost(
        says(CHUNKED[:-2] + b"content-encoding: gzip\r\n\r\n", chunk(_GZIP[:40] + b"\0\0\0\0" + _GZIP[44:]))
    ),
    "cut gzip": lost(says(encoded(_GZIP[:60], "gzip")), kept=1),
}
SCENES = GOOD | REFUSALS | NO_REPLIES | FAILURES
