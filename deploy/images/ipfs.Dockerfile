# Kubo, with the settings that the farm's addresses are computed with.
ARG KUBO=artdag/kubo
ARG BASE=artdag/base
FROM ${KUBO} AS kubo

FROM ${BASE}
COPY --from=kubo /ipfs /usr/local/bin/
COPY ipfs.sh /usr/local/bin/start-ipfs
LABEL org.opencontainers.image.title="artdag ipfs" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT"
ENV IPFS_PATH=/data/ipfs IPFS_TELEMETRY=off
USER 10001:10001
VOLUME /data
EXPOSE 5001
ENTRYPOINT ["start-ipfs"]
