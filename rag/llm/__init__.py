"""The language model: llama.cpp in a child process, or a server that speaks OpenAI's protocol."""

__all__ = [
    "form_filler",
    "gguf_header",
    "gpu",
    "language_model",
    "local_model",
    "model_files",
    "offload",
    "reasoning",
    "waiting_queue",
    "worker_client",
]
