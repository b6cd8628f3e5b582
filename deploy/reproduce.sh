#!/bin/sh
# Builds the release of the last commit for linux twice, in two folders and with
# a cache of its own each, and compares the bytes. Takes minutes.
#
#	deploy/reproduce.sh [ARCH...]      (default: amd64)
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- amd64
version=$(git describe --tags --always)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH SYSTEMS=linux ARCHS="$*"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in first a/second/one; do
	mkdir -p "$work/$name"
	git archive HEAD | tar -x -C "$work/$name"
	(cd "$work/$name" && GOCACHE="$work/cache" deploy/release.sh "$work/$name/dist" "$version")
	rm -rf "$work/cache"
done
cmp "$work/first/dist/artdag-$version/SHA256SUMS" "$work/a/second/one/dist/artdag-$version/SHA256SUMS"
cat "$work/first/dist/artdag-$version/SHA256SUMS"
echo "reproduce: the same bytes twice"
