# A worker that renders with Blender as well.
ARG WORKER=artdag/worker
FROM ${WORKER}
USER 0
# Blender opens EGL for EEVEE and WORKBENCH and does not depend on it.
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends blender python3-numpy libegl1 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*
LABEL org.opencontainers.image.title="artdag worker with Blender"
USER 10001:10001
