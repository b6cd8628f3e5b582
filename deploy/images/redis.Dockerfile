# Redis with one user for each role; the passwords are read from files.
ARG BASE=artdag/base
FROM ${BASE}
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*
COPY redis.sh /usr/local/bin/start-redis
COPY sentinel.sh /usr/local/bin/start-sentinel
LABEL org.opencontainers.image.title="artdag redis" \
      org.opencontainers.image.licenses="BSD-3-Clause"
USER 10001:10001
VOLUME /data
EXPOSE 6379
ENTRYPOINT ["start-redis"]
