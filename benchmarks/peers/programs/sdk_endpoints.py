"""The official SDK's other endpoints: BASE_URL. Models, token counts, a message batch."""

import sys

import anthropic

question = {"role": "user", "content": "What are tea and a cup?"}
request = {"model": "claude-haiku-5-5", "max_tokens": 50, "messages": [question]}

with anthropic.Anthropic(api_key="any", base_url=sys.argv[1]) as client:
    ids = [model.id for model in client.models.list(limit=5)]
    assert "claude-opus-5-5" in ids
    assert client.models.retrieve("claude-haiku-5-5").max_input_tokens == 1_000_000
    assert client.messages.count_tokens(model="claude-haiku-5-5", messages=[question]).input_tokens > 3
    batch = client.messages.batches.create(requests=[{"custom_id": "one", "params": request}])
    while client.messages.batches.retrieve(batch.id).processing_status != "ended":
        pass
    (line,) = client.messages.batches.results(batch.id)
    assert line.result.type == "succeeded"
    client.messages.batches.delete(batch.id)
print("Tea is 4.0 EUR and a cup 7.5 EUR.")
