"""Documents, and a script that answers readers with given evidence and the writer with a text."""

from __future__ import annotations

import json
from collections.abc import Callable

from agentkit import Document
from agentkit.messages.message import JSONObject
from agentkit.patterns import Evidence, Findings
from agentkit.testing import Reply

FEES = Document("fees", "# Fees\n\nThe fee is 12 EUR,\npaid every month.\n", "All fees")
CARDS = Document("cards", "Cards are free of charge. A lost card costs 5 EUR.")
OTHER = Document("other", "The bank opens at nine o'clock.")


def text_of_request(request: JSONObject) -> str:
    return json.dumps(request["messages"], ensure_ascii=False)


def is_reader(request: JSONObject) -> bool:
    return "Read the documents to their end" in str(request.get("system"))


def scripted(*evidence: Evidence, answer: str = "The fee is 12 EUR a month [1].") -> Callable[[JSONObject], Reply]:
    def reply(request: JSONObject) -> Reply:
        if not is_reader(request):
            return Reply.text(answer)
        given = text_of_request(request)
        return Reply.output(Findings([one for one in evidence if f'"title": "{one.document}' in given]))

    return reply
