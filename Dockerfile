# syntax=docker/dockerfile:1
# The bot with everything but a model file and the token; see docs/operations.md, Docker.

FROM python:3.11-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential git \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/paperboy
ENV PATH=/opt/paperboy/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY rag rag
COPY ingest ingest
COPY bot bot
# PyTorch without CUDA, which only the encoders use: a tenth of the size.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --constraint constraints.txt --extra-index-url "$TORCH_INDEX" .
# llama.cpp for the processor of the machine that builds the image; "off" leaves it out, which is
# enough for quoted answers and for a model server.
ARG LLAMA=none
RUN --mount=type=cache,target=/root/.cache/pip \
    test "$LLAMA" = off || python -m rag.llm.llama_build "$LLAMA"

FROM python:3.11-slim-bookworm
# OpenMP, for llama.cpp and PyTorch.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /tmp --no-create-home paperboy \
    && install --directory --owner=paperboy --group=paperboy --mode=0700 /data /backups
COPY --from=build /opt/paperboy /opt/paperboy
COPY docs/deploy/config.toml /etc/paperboy/config.toml
ENV PATH=/opt/paperboy/bin:$PATH PAPERBOY_DATA_DIR=/data HOME=/tmp \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# config.toml of this folder is what every command reads.
WORKDIR /etc/paperboy
USER 10001:10001
VOLUME ["/data", "/backups"]
# Without a proxy, whatever the environment says: it is this container that is asked.
HEALTHCHECK --interval=30s --timeout=10s --start-period=3m --retries=4 \
    CMD ["python", "-I", "-c", "from urllib.request import *; build_opener(ProxyHandler({})).open('http://127.0.0.1:8081/health', timeout=8)"]
ENTRYPOINT ["paperboy"]
CMD ["--log-format", "json", "run"]
