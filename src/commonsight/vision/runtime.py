"""Running a network: weights that are what their card says, in a session of ONNX Runtime that is a good neighbour."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import onnxruntime

from commonsight.problem import Refusal
from commonsight.vision.cards import ModelCard
from commonsight.vision.store import missing


def refuse_other_task(card: ModelCard, task: str) -> None:
    """Refuse a model that was made for something else.

    Raises:
        Refusal: `vision.card_task`.
    """
    if card.task != task:
        raise Refusal("vision.card_task", operand="model", expected=task, actual=card.task, name=card.name)


def opened(card: ModelCard, weights: Path, threads: int, providers: Sequence[str]) -> onnxruntime.InferenceSession:
    """A session on the first of these providers that this runtime has.

    Raises:
        Refusal: `vision.model_missing`, `vision.model_changed`, `vision.provider_missing`.
    """
    content = _verified(card, weights)
    available = onnxruntime.get_available_providers()
    chosen = [provider for provider in providers if provider in available]
    if not chosen:
        raise Refusal(
            "vision.provider_missing", operand="providers", actual=list(providers), expected=available, rule="one of"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # Idle threads must sleep: spinning would take the processor from the decoders beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=chosen)


def _verified(card: ModelCard, weights: Path) -> bytes:
    """Read once and run what was read: the file cannot change between the check and its use.

    Raises:
        Refusal: `vision.model_missing`, `vision.model_changed`.
    """
    try:
        content = weights.read_bytes()
    except OSError as error:
        raise missing(card.name) from error
    actual = hashlib.sha256(content).hexdigest()
    if actual != card.weights.sha256:
        raise Refusal(
            "vision.model_changed",
            status=409,
            rule="sha256",
            operand=str(weights),
            expected=card.weights.sha256,
            actual=actual,
            name=card.name,
        )
    return content
