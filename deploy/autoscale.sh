#!/bin/sh
# Has as many workers as the farm asks for, within bounds, until it is stopped:
# more at once, fewer when for a while fewer were enough. A worker that is too
# many drains first. While the farm does not answer everything stays as it is.
#
#	deploy/autoscale.sh [--min 1] [--max 8] [--every 15s] [--quiet 5m]
#		[--server URL] [--token-file FILE] [--service worker] [--class cpu,blender] [--tag TAG,...]
#
# Settings of compose (COMPOSE_FILE, COMPOSE_PROJECT_NAME, ARTDAG_*) are those of
# the farm. Needs curl and docker compose, or docker-compose.
set -eu

usage() { sed -n 's/^#\t//p' "$0" >&2; exit 2; }
say() { echo "autoscale: $*" >&2; }
fault() { say "$*"; exit 2; }
# number NAME VALUE: a whole number of 0 or more.
number() { case $2 in "" | *[!0-9]*) fault "$1 $2: give a whole number" ;; esac; }
# seconds NAME VALUE: of 90, 90s, 5m or 2h.
seconds() {
	amount=${2%[smh]}
	number "$1" "$amount"
	case $2 in
	*m) echo $((amount * 60)) ;;
	*h) echo $((amount * 3600)) ;;
	*) echo "$amount" ;;
	esac
}

min=1 max=8 every=15 quiet=300 service=worker class="" tag=""
server=${ARTDAG_SERVER:-http://127.0.0.1:${ARTDAG_PORT:-8080}}
# Paths are those of the caller.
token_file=${ARTDAG_SECRETS:-$(dirname "$0")/secrets}/metrics.token
while [ $# -gt 0 ]; do
	[ $# -gt 1 ] || usage
	case $1 in
	--min) number "$1" "$2"; min=$2 ;;
	--max) number "$1" "$2"; max=$2 ;;
	--every) every=$(seconds "$1" "$2") || exit 2 ;;
	--quiet) quiet=$(seconds "$1" "$2") || exit 2 ;;
	--server) server=${2%/} ;;
	--token-file) token_file=$2 ;;
	--service) service=$2 ;;
	--class) class=$2 ;;
	--tag) tag=$2 ;;
	*) say "unknown: $1"; usage ;;
	esac
	shift 2
done
[ "$min" -le "$max" ] || fault "--min $min is more than --max $max"
[ "$every" -gt 0 ] || fault "--every: give a second or more"
[ -z "$tag" ] || [ -n "$class" ] || fault "--tag says nothing without --class"
command -v curl >/dev/null 2>&1 || { say "install curl first"; exit 3; }
if docker compose version >/dev/null 2>&1; then
	compose="docker compose"
elif command -v docker-compose >/dev/null 2>&1; then
	compose=docker-compose
else
	say "install Docker Compose first"
	exit 3
fi
case $token_file in /*) ;; *) token_file=$PWD/$token_file ;; esac
query="?class=$class&tag=$tag"
[ -n "$class" ] || query=""

# complain TEXT: once, until something else is to be said.
said=""
complain() {
	[ "$said" = "$*" ] || say "$*"
	said="$*"
}

# wanted sets desired to what the farm asks for, or fails and says why.
wanted() {
	[ -r "$token_file" ] || { complain "cannot read the token in $token_file: keeping what is there"; return 1; }
	# The token is read from standard input: everybody sees arguments.
	answer=$(printf 'header = "Authorization: Bearer %s"\n' "$(cat "$token_file")" |
		curl --silent --max-time 20 --config - --write-out '\n%{http_code}' "$server/api/v1/scale$query") ||
		{ complain "$server does not answer: keeping what is there"; return 1; }
	status=${answer##*
}
	if [ "$status" = 401 ]; then
		complain "$server refuses the token in $token_file: keeping what is there"
		return 1
	fi
	# Groups have numbers of the same name.
	desired=$(printf '%s\n' "$answer" | sed -n 's/"groups":.*//; s/.*"desired":\([0-9][0-9]*\).*/\1/p')
	if [ "$status" != 200 ] || [ -z "$desired" ]; then
		complain "$server answers $status to how many workers it wants: keeping what is there"
		return 1
	fi
}

# running sets have to the number of workers that run: docker-compose lists those
# that were stopped as well.
running() {
	containers=$($compose ps -q "$service") || { complain "$compose ps failed: keeping what is there"; return 1; }
	have=0
	[ -n "$containers" ] || return 0
	states=$(docker inspect --format '{{.State.Running}}' $containers) || { complain "docker inspect failed: keeping what is there"; return 1; }
	have=$(printf '%s\n' "$states" | grep -c true || true)
}

# scale NUMBER WHY
scale() {
	say "$have -> $1 ($2)"
	said=""
	$compose up -d --no-recreate --scale "$service=$1" "$service" || complain "$compose could not: trying again"
}

# follow does one round. since is when fewer began to be enough, most the largest
# number that was wanted from then on.
since="" most=0
follow() {
	wanted && running || return 0
	want=$desired
	[ "$want" -ge "$min" ] || want=$min
	[ "$want" -le "$max" ] || want=$max
	if [ "$want" -ge "$have" ]; then
		since=""
		[ "$want" -eq "$have" ] || scale "$want" "the farm asks for $desired"
		return 0
	fi
	now=$(date +%s)
	[ -n "$since" ] || { since=$now most=$want; }
	[ "$want" -le "$most" ] || most=$want
	if [ $((now - since)) -ge "$quiet" ]; then
		since=""
		scale "$most" "for ${quiet}s no more were needed"
	fi
}

cd "$(dirname "$0")/.."
sleeping=""
trap '[ -z "$sleeping" ] || kill "$sleeping" 2>/dev/null; exit 0' INT TERM
say "following $server: $min to $max of $service, every ${every}s, fewer after ${quiet}s"
while :; do
	follow
	sleep "$every" &
	sleeping=$!
	wait "$sleeping" || true
	sleeping=""
done
