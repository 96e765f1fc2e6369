"""A language model of 70 KB with random weights, made from a seed: it says nonsense, in tool calls whose form is right.

llama.cpp holds a tool call to the schema by a grammar, from the moment that the model begins one. So the model only has
to begin one often enough, and to end often enough: three dimensions of the embeddings are set by hand, which makes
three columns of the output matrix biases of each token.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

_WIDTH, _INNER, _HEADS = 32, 64, 4
_CONTEXT = 16_384
_CHARACTERS = [chr(code) for code in range(32, 127)] + ["\n"]
_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_CALL, _CALL_END = "<tool_call>Ċ", "Ċ</tool_call>"
# Dimensions of an embedding that are no noise: one is the same for all, two tell what the last token was.
_ALWAYS, _AT_START, _BEHIND_CALL = 0, 1, 2
_BIAS = {  # by token: how likely it is always, at the start of a turn, and behind a call
    _CALL: (1.4, 0.85, 0.0),
    _CALL_END: (1.6, 0.0, 0.0),
    "<|im_end|>": (1.4, 0.3, 0.6),
    "<|im_start|>": (-5.0, 0.0, 0.0),
    "<|endoftext|>": (-5.0, 0.0, 0.0),
    '"': (1.2, 0.0, 0.0),
    "}": (0.8, 0.0, 0.0),
    "]": (0.7, 0.0, 0.0),
}

TEMPLATE = Path(__file__).with_name("chat_template.jinja")
"""A chat template in ChatML that shows tools, and calls as JSON."""


def make(path: Path, seed: int = 0) -> None:
    """Write the model file; the same seed, the same bytes."""
    merged = "th"  # the format wants at least one merge of two tokens
    tokens = [*map(_spelled, _CHARACTERS), merged, *_SPECIAL, _CALL, _CALL_END]
    kinds = [gguf.TokenType.NORMAL] * len(tokens)
    for token in _SPECIAL:
        kinds[tokens.index(token)] = gguf.TokenType.CONTROL
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template("\n" + TEMPLATE.read_text(encoding="utf-8"))
    _add_weights(writer, tokens, np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_weights(writer: gguf.GGUFWriter, tokens: list[str], random: np.random.Generator) -> None:
    def noise(*shape: int, scale: float) -> npt.NDArray[np.float32]:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    embeddings = noise(len(tokens), _WIDTH, scale=0.5)
    embeddings[:, :3] = 0.0
    embeddings[:, _ALWAYS] = 3.0
    embeddings[tokens.index(_spelled("\n")), _AT_START] = 3.0
    embeddings[tokens.index(_CALL_END), _BEHIND_CALL] = 3.0
    output = noise(len(tokens), _WIDTH, scale=0.5)
    output[:, :3] = 0.0
    for token, bias in _BIAS.items():
        if len(token) > 1:
            output[tokens.index(token)] = 0.0
        output[tokens.index(token), :3] = bias
    writer.add_tensor("token_embd.weight", embeddings)
    writer.add_tensor("output_norm.weight", np.ones(_WIDTH, np.float32))
    writer.add_tensor("output.weight", output)
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(_WIDTH, np.float32))
    shapes = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (_WIDTH, _WIDTH))
    shapes |= {"ffn_gate": (_INNER, _WIDTH), "ffn_up": (_INNER, _WIDTH), "ffn_down": (_WIDTH, _INNER)}
    for name, shape in shapes.items():
        writer.add_tensor(f"blk.0.{name}.weight", noise(*shape, scale=0.05))


def _spelled(character: str) -> str:
    """A character as the byte-level vocabulary writes it."""
    return {" ": "Ġ", "\n": "Ċ"}.get(character, character)
