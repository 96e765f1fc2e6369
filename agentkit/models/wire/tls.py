"""The TLS context of our own connections: it trusts what the SDK's client trusts."""

from __future__ import annotations

import errno
import os
import ssl
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

_BUNDLES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""The files in which systems keep their authorities, if not where OpenSSL looks."""


class UnusableAuthorities(OSError):
    """The file or the folder of certificates that the environment names cannot be used; the text names both."""


def tls_context() -> ssl.SSLContext:
    """Return the context for these variables: SSL_CERT_FILE, else SSL_CERT_DIR, else the authorities of the system.

    Raises:
        UnusableAuthorities: The file or the folder cannot be read, or the file holds no certificate.
    """
    cafile, capath = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        return _context(cafile, capath, _written_at((cafile,) if cafile else _files_of_system()))
    except OSError as error:
        if not (cafile or capath):
            raise
        variable = f"SSL_CERT_FILE={cafile}" if cafile else f"SSL_CERT_DIR={capath}"
        reason = "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror or error
        raise UnusableAuthorities(f"{variable}: {reason}") from error


def _files_of_system() -> tuple[str, ...]:
    return ssl.get_default_verify_paths().openssl_cafile, *_BUNDLES


def _written_at(files: Sequence[str]) -> int | None:
    """Return when the first of these files that exists was written: authorities change while a service runs."""
    return next((path.stat().st_mtime_ns for path in map(Path, files) if path.is_file()), None)


@lru_cache(maxsize=4)  # a context takes 20 ms
def _context(cafile: str | None, capath: str | None, written_at: int | None) -> ssl.SSLContext:  # noqa: ARG001
    context = _make_context(cafile, capath)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION  # a session sends nothing by itself
    return context


def _make_context(cafile: str | None, capath: str | None) -> ssl.SSLContext:
    if cafile:
        return ssl.create_default_context(cafile=cafile)
    if capath:
        if not any(map(os.path.isdir, capath.split(os.pathsep))):  # OpenSSL would trust nobody, and not say why
            raise NotADirectoryError(errno.ENOTDIR, "No such directory")
        return ssl.create_default_context(capath=capath)
    if sys.platform in ("win32", "darwin"):
        import httpx2  # knows the system's own verification

        return httpx2.create_ssl_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    has_folder = any(Path(paths.openssl_capath).glob("????????.?"))  # one file a certificate, by its hash
    files = (paths.openssl_cafile,) if has_folder else _files_of_system()
    bundle = next((name for name in files if Path(name).is_file()), None)
    if bundle is not None or has_folder:
        context.load_verify_locations(bundle, paths.openssl_capath if has_folder else None)
    return context
