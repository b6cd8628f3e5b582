#!/bin/sh
# Starts Redis with the users of the farm. Each password is a file in
# /run/secrets; what Redis is given is its SHA-256, in a file in memory.
# Arguments are further settings of redis-server.
set -eu
umask 077
users=/tmp/users.acl

hash_of() { tr -d '\n' <"/run/secrets/$1" | sha256sum | cut -d ' ' -f 1; }
# user NAME SECRET RULES...: where the secret is mounted.
user() {
	name=$1 secret=$2
	shift 2
	[ ! -r "/run/secrets/$secret" ] || echo "user $name on #$(hash_of "$secret") $*"
}

# Both spellings of the farm's keys: on a cluster braces keep them on one slot.
keys='~artdag:* ~{artdag}:* ~asynq:* &artdag:* &{artdag}:* &asynq:*'
{
	# Whoever names no user may ask whether Redis lives, for the health check.
	echo 'user default on nopass resetkeys resetchannels -@all +ping'
	user scheduler redis_scheduler "$keys" +@all -@admin -@dangerous +info +keys
	user worker redis_worker "$keys" +@all -@admin -@dangerous +info
	user asynqmon redis_asynqmon '~asynq:*' '&asynq:*' +@all -@admin -@dangerous +info
	user replica redis_replica +psync +replconf +ping
	user sentinel redis_sentinel 'allchannels' +multi +exec +ping +info +role +publish +subscribe +psubscribe +unsubscribe \
		+client +slaveof +replicaof +config +script +hello
	user admin redis_admin '~*' '&*' +@all
} >$users

# Both of a pair can become the replica of the other; Sentinel says which.
if [ -r /run/secrets/redis_replica ]; then
	set -- "$@" --masteruser replica --masterauth "$(cat /run/secrets/redis_replica)" --replica-announce-ip "${REPLICA_ANNOUNCE:-$(hostname)}"
fi
if [ -n "${REPLICA_OF:-}" ]; then
	set -- "$@" --replicaof "$REPLICA_OF" 6379
fi

# A full Redis refuses writes instead of forgetting claims.
exec redis-server --dir /data --aclfile $users --protected-mode no \
	--appendonly yes --appendfsync everysec --save '' --maxmemory-policy noeviction "$@"
