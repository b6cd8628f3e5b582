#!/bin/sh
# Builds the images of the farm out of programs that were built before
# (make binaries) and Debian's packages.
#
#	deploy/images.sh FOLDER [IMAGE...]
#
# FOLDER holds the programs for linux; IMAGE is any of redis postgres ipfs
# scheduler asynqmon worker worker-blender prometheus caddy (default: all but the
# last three).
# Settings: ARTDAG_VERSION tags the images; OFFLINE=1 makes Debian's base with
# debootstrap instead of asking a registry for it. ARCH=arm64 builds for machines
# of another kind, out of programs for that, and puts it behind the tags
# (latest-arm64); the kernel must run such programs (qemu-user-static, binfmt).
set -eu
binaries=$(cd "${1:?"usage: deploy/images.sh FOLDER [IMAGE...]"}" && pwd)
shift
version=${ARTDAG_VERSION:-latest}
[ $# -gt 0 ] || set -- redis postgres ipfs scheduler asynqmon worker
cd "$(dirname "$0")/images"

say() { echo "images: $*" >&2; }

end="" platform=""
[ -z "${ARCH:-}" ] || end=-$ARCH platform=linux/$ARCH
debian=debian:bookworm-slim
if [ -n "${OFFLINE:-}" ]; then
	[ -z "$platform" ] || { echo "images: OFFLINE makes Debian for this machine's kind only" >&2; exit 2; }
	debian=artdag/debian:bookworm
	docker image inspect $debian >/dev/null 2>&1 || ./debian.sh $debian
fi

# pack IMAGE PROGRAMS...: an image of these programs alone. The same bytes give
# the same layers above it; Kubo is apart because it seldom changes.
pack() {
	image=$1
	shift
	say "$image"
	if [ -n "$platform" ]; then # import says of everything that it is for this machine
		printf 'FROM scratch\nCOPY %s /\n' "$*" |
			docker build --quiet --platform "$platform" --file - --tag "artdag/$image:latest$end" "$binaries" >/dev/null
		return
	fi
	tar -C "$binaries" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -c "$@" |
		docker import - "artdag/$image:latest" >/dev/null
}
pack binaries scheduler worker asynqmon healthcheck artdag
case " $* " in *" ipfs "*) pack kubo ipfs ;; esac
case " $* " in *" caddy "*) pack proxy caddy ;; esac

# build IMAGE OPTIONS...
build() {
	image=$1
	shift
	say "$image"
	docker build --quiet ${platform:+--platform "$platform"} --file "$image.Dockerfile" --tag "artdag/$image:latest$end" "$@" . >/dev/null
}
# Each Dockerfile takes those of the parts that it names.
parts() { for part in binaries kubo proxy base tools worker; do echo "--build-arg $(echo $part | tr a-z A-Z)=artdag/$part:latest$end"; done; }
# No version on the base: all layers above it would be built anew with each.
build base --build-arg "DEBIAN=$debian"
case " $* " in *" scheduler "* | *" worker "*) build tools --build-arg "BASE=artdag/base:latest$end" ;; esac
for image in "$@"; do
	# shellcheck disable=SC2046 # words
	build "$image" $(parts) --label "org.opencontainers.image.version=$version" --tag "artdag/$image:$version$end"
done
