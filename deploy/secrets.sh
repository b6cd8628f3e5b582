#!/bin/sh
# Makes the secrets of a farm, each a file of its own, where they are missing;
# those that are there stay. Only the programs' user reads them, and for what
# people use (login of the monitor and of Grafana, their token, the one that
# reads metrics), who called this.
#
#	deploy/secrets.sh [FOLDER]      (default: deploy/secrets)
#
# ARTDAG_SECRETS_OWNER is the number of the user who reads them: 0 where systemd
# hands them on, yourself where kubectl does.
set -eu
umask 077
folder=${1:-${ARTDAG_SECRETS:-$(dirname "$0")/secrets}}
program=${ARTDAG_SECRETS_OWNER:-10001} # the user of the images

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
# make NAME TEXT: whole or not at all.
make() {
	[ -e "$folder/$1" ] && return
	printf '%s\n' "$2" >"$folder/.$1.new"
	mv "$folder/.$1.new" "$folder/$1"
	echo "made $folder/$1"
}

mkdir -p "$folder"
chmod 711 "$folder" # the programs open their files in it and cannot list it
for name in redis_scheduler redis_worker redis_asynqmon redis_replica redis_sentinel redis_admin worker_token database; do
	make $name "$(random)"
done
make user.token "$(random)"
make metrics.token "$(random)"
make login.txt "admin:$(random)"
make grafana.txt "$(random)"
make tokens "$(id -un)=$(cat "$folder/user.token")"
make metrics_token "$(cat "$folder/metrics.token")"
make login "$(cat "$folder/login.txt")"
make grafana "$(cat "$folder/grafana.txt")"

shared=""
for file in "$folder"/*; do
	case $file in
	*.token | *.txt) continue ;;
	esac
	[ "$(stat -c %u "$file")" = $program ] || shared="$shared $(basename "$file")"
done
[ -n "$shared" ] || exit 0
if [ "$(id -u)" = 0 ]; then
	cd "$folder" && chown $program:$program $shared
else
	# Only root gives files away; who may use the engine may do so through it.
	docker run --rm --user 0 --network none --volume "$(cd "$folder" && pwd):/secrets" --workdir /secrets \
		--entrypoint chown "artdag/redis:${ARTDAG_VERSION:-latest}" $program:$program $shared
fi
