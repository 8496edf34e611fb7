"""The language model: llama.cpp in a process of its own, or a server of OpenAI's protocol."""
