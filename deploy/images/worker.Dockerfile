# A worker beside the tools.
ARG BINARIES=artdag/binaries
ARG TOOLS=artdag/tools
FROM ${BINARIES} AS binaries

FROM ${TOOLS}
COPY --from=binaries /worker /healthcheck /usr/local/bin/
LABEL org.opencontainers.image.title="artdag worker" \
      org.opencontainers.image.description="Claims and executes steps with ffmpeg and aubio" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 10001:10001
VOLUME /data
EXPOSE 8081
ENTRYPOINT ["worker"]
