# The programs that read media, and the sandbox that they run in: what workers
# execute steps with, and the scheduler measures inputs with.
ARG BASE=artdag/base
FROM ${BASE}
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ffmpeg aubio-tools bubblewrap fontconfig fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*
LABEL org.opencontainers.image.title="artdag tools" \
      org.opencontainers.image.licenses="Apache-2.0"
