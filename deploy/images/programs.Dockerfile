# The farm's programs and Kubo, built where there is no Go. The context is the
# whole project.
ARG GO=golang:1.26-bookworm
FROM ${GO} AS build
WORKDIR /src
COPY . .
ARG VERSION=unknown
RUN mkdir /out \
 && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/ \
      ./cmd/scheduler ./cmd/worker ./cmd/asynqmon ./cmd/healthcheck ./cmd/artdag \
 && cd tools && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o /out/ipfs github.com/ipfs/kubo/cmd/ipfs

FROM scratch
COPY --from=build /out/ /
