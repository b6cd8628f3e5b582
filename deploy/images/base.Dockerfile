# What every image that is not empty stands on: Debian, certificates, and the
# user that all programs of the farm run as.
ARG DEBIAN=debian:bookworm-slim
FROM ${DEBIAN}
LABEL org.opencontainers.image.title="artdag base" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/* \
 && useradd --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin artdag \
 && install -d -o artdag -g artdag -m 0755 /data
