#!/bin/sh
# Installs the farm out of the unpacked bundle: checks it, loads the images,
# makes the secrets, starts. Run it again to upgrade or to change the number of
# workers: data and secrets stay.
#
#	./install.sh [WORKERS]
set -eu
cd "$(dirname "$0")"
workers=${1:-2}
command -v docker >/dev/null 2>&1 || { echo "install Docker first" >&2; exit 3; }
if docker compose version >/dev/null 2>&1; then
	compose="docker compose"
elif command -v docker-compose >/dev/null 2>&1; then
	compose=docker-compose
else
	echo "install Docker Compose first" >&2
	exit 3
fi
sha256sum --check --quiet SHA256SUMS
docker load --quiet --input images.tar.gz
. ./.env
export ARTDAG_VERSION
deploy/secrets.sh
$compose up -d --scale worker="$workers"
echo "the farm: http://127.0.0.1:${ARTDAG_PORT:-8080}   your token: $PWD/deploy/secrets/user.token"
echo "its queues: http://127.0.0.1:${ARTDAG_QUEUES_PORT:-8081}   login: $PWD/deploy/secrets/login.txt"
