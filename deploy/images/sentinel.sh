#!/bin/sh
# Starts a Sentinel that watches the Redis of the farm.
set -eu
umask 077
file=/tmp/sentinel.conf
cat >$file <<END
port 26379
dir /tmp
protected-mode no
sentinel monitor artdag $REDIS_ADDRESS 6379 2
sentinel auth-user artdag sentinel
sentinel auth-pass artdag $(cat /run/secrets/redis_sentinel)
sentinel down-after-milliseconds artdag 5000
sentinel failover-timeout artdag 20000
END
exec redis-server $file --sentinel
