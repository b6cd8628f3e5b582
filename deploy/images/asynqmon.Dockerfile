# The monitor of the queues: one program, nothing else.
ARG BINARIES=artdag/binaries
FROM ${BINARIES} AS binaries

FROM scratch
COPY --from=binaries /asynqmon /healthcheck /
LABEL org.opencontainers.image.title="artdag asynqmon" \
      org.opencontainers.image.description="The monitor of the queues, behind a login" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/asynqmon"]
