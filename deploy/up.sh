#!/bin/sh
# Starts a farm in containers on this machine, or changes how many workers it
# has: makes the images and secrets that are missing, then starts what does not
# run. Needs Docker and nothing else; with Go it builds the programs here,
# without it in a container.
#
#	deploy/up.sh [WORKERS]      (default: 1)
#
# Settings are those of docker-compose.yml, and GO_IMAGE: the image that has Go.
set -eu
cd "$(dirname "$0")/.."
workers=${1:-1}
case $workers in
"" | *[!0-9]*)
	echo "usage: deploy/up.sh [WORKERS]; WORKERS is a number, not $workers" >&2
	exit 2
	;;
esac
say() { echo "up: $*" >&2; }

docker info >/dev/null 2>&1 || { say "no Docker engine answers: install Docker, start it, and see that \`docker info\` works"; exit 3; }
compose() {
	if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
compose version >/dev/null 2>&1 || { say "neither docker compose nor docker-compose is installed"; exit 3; }

programs() { # into bin/images, with Kubo where its image is missing
	kubo=""
	case " $missing " in *" ipfs "*) kubo=yes ;; esac
	if command -v go >/dev/null 2>&1 && command -v make >/dev/null 2>&1; then
		make image-binaries
		return
	fi
	say "no Go here: building the programs in a container (some minutes the first time)"
	mkdir -p bin/images
	# What was downloaded and compiled stays in the volume for the next time. The
	# archive is read when it is whole, and what is in it belongs to who called this.
	docker run --rm --volume "$PWD:/src:ro" --volume artdag-go-cache:/cache --env GOMODCACHE=/cache/modules --env GOCACHE=/cache/built \
		--env "VERSION=${ARTDAG_VERSION:-latest}" --env "KUBO=$kubo" --workdir /src --entrypoint sh "${GO_IMAGE:-golang:1.26-bookworm}" \
		deploy/images/programs.sh >bin/images/.programs.tar
	tar -C bin/images -xf bin/images/.programs.tar
	rm bin/images/.programs.tar
}

missing=""
blender=""
[ "${ARTDAG_WORKER_IMAGE:-}" != artdag/worker-blender ] || blender=worker-blender
for image in redis postgres ipfs scheduler asynqmon worker $blender; do
	docker image inspect "artdag/$image:${ARTDAG_VERSION:-latest}" >/dev/null 2>&1 || missing="$missing $image"
done
if [ -n "$missing" ]; then
	say "building the images:$missing"
	programs
	docker image inspect debian:bookworm-slim >/dev/null 2>&1 || docker pull --quiet debian:bookworm-slim >/dev/null 2>&1 || {
		say "no registry answers: Debian is made out of its packages"
		deploy/install-tools.sh images
		export OFFLINE=1
	}
	# shellcheck disable=SC2086 # words
	deploy/images.sh bin/images $missing
fi

secrets=${ARTDAG_SECRETS:-deploy/secrets}
deploy/secrets.sh "$secrets"
compose up -d --scale "worker=$workers"
# The command line program, for whoever has not built it.
[ -x bin/artdag ] || { mkdir -p bin; docker cp "$(compose ps -q scheduler | head -n 1):/artdag" bin/artdag; }
cat <<END

The farm is up with $workers worker(s): http://${ARTDAG_BIND:-127.0.0.1}:${ARTDAG_PORT:-8080}, its queues at http://127.0.0.1:${ARTDAG_QUEUES_PORT:-8081} (login: $secrets/login.txt).
Give it work:
  export ARTDAG_SERVER=http://127.0.0.1:${ARTDAG_PORT:-8080} ARTDAG_TOKEN=\$(cat $secrets/user.token)
  bin/artdag submit examples/title/title.yaml --wait -o title.mp4
Another number of workers:  deploy/up.sh 8
END
