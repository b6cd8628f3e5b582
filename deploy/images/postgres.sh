#!/bin/sh
# Starts PostgreSQL; the first time it makes the database artdag and its owner,
# whose password is the file /run/secrets/database. Arguments are further
# settings of postgres.
set -eu
data=/data/postgres
if [ ! -s $data/PG_VERSION ]; then
	# Made elsewhere and renamed: what a power cut leaves is made again.
	rm -rf $data.new
	initdb --pgdata=$data.new --username=artdag --pwfile=/run/secrets/database --encoding=UTF8 --locale=C.UTF-8 \
		--auth-local=trust --auth-host=scram-sha-256 --data-checksums
	echo 'host all all all scram-sha-256' >>$data.new/pg_hba.conf
	echo 'CREATE DATABASE artdag;' | postgres --single -D $data.new postgres >/dev/null
	mv $data.new $data
fi
exec postgres -D $data -c listen_addresses='*' -c unix_socket_directories=/tmp -c shared_buffers=256MB "$@"
