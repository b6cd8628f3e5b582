#!/bin/sh
# Builds the farm's programs, and Kubo when KUBO is not empty, where there is Go,
# and writes an archive of them to standard output. deploy/up.sh runs it in a
# container, in the folder of the project.
set -eu
out=$(mktemp -d)
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o "$out/" \
	./cmd/scheduler ./cmd/worker ./cmd/asynqmon ./cmd/healthcheck ./cmd/artdag >&2
[ -z "$KUBO" ] || (cd tools && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$out/ipfs" github.com/ipfs/kubo/cmd/ipfs) >&2
cd "$out" # the folder itself is nobody else's
tar -cf - -- *
