"""PDF files written byte by byte, with text in a standard font, and pages that are pictures."""

from __future__ import annotations


def pdf(*pages: str | bytes, title: str = "") -> bytes:
    """A PDF whose pages say this, a line each; of bytes, 64 grey pixels, a page is only a picture."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    pictures: list[bytes] = []
    for n, page in enumerate(pages):
        if isinstance(page, bytes):
            resources = f"/XObject << /I {4 + 2 * len(pages) + len(pictures)} 0 R >>"
            pictures.append(_stream(page, b"/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray "
                                          b"/BitsPerComponent 8"))  # fmt: skip
            stream = b"612 0 0 792 0 0 cm /I Do"
        else:
            resources = "/Font << /F1 3 0 R >>"
            lines = "".join(f"({_escaped(line)}) Tj T* " for line in page.split("\n")) if page else ""
            stream = f"BT /F1 12 Tf 14 TL 72 720 Td {lines}ET".encode("latin-1")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
            f"/Resources << {resources} >> >>".encode()
        )
        objects.append(_stream(stream))
    objects += pictures
    objects.append(f"<< /Title ({_escaped(title)}) >>".encode("latin-1"))
    data = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(data)
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(objects), start)
    )


def _stream(data: bytes, about: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), about, data)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
