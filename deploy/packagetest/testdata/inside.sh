# Executed on the copy of the machine. Its last line says that all went well.
export DEBIAN_FRONTEND=noninteractive HOME=/tmp
cd /tmp
fail() { echo "FAILED: $*"; journalctl --no-pager --output cat --unit artdag-worker --unit artdag-scheduler; exit 1; }
until_true() { # SECONDS COMMAND...
	left=$1
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || fail "not yet: $*"
		sleep 1
	done
}

echo "== install"
dpkg --install /test/artdag.deb
[ "$(systemctl is-enabled artdag-worker)" = disabled ] || fail "installing it enabled the worker"
if systemctl start artdag-worker; then fail "a worker without a token starts"; fi
ARTDAG_SECRETS_OWNER=0 /usr/share/artdag/secrets.sh /etc/artdag/secrets

echo "== a scheduler with a Redis of its own, and a worker that joins"
cat >redis.conf <<END
port 6399
save ""
daemonize yes
user default off
user worker on >$(cat /etc/artdag/secrets/redis_worker) ~* &* +@all -@admin -@dangerous +info
user scheduler on >$(cat /etc/artdag/secrets/redis_scheduler) ~* &* +@all
END
redis-server redis.conf
cat >>/etc/artdag/scheduler.env <<END
REDIS_URL=redis://scheduler@127.0.0.1:6399/0
ARTDAG_JOIN_REDIS=redis://worker@127.0.0.1:6399/0
DATABASE_URL=sqlite:///var/lib/artdag-scheduler/catalog.db
END
export ARTDAG_SERVER=http://127.0.0.1:8080 ARTDAG_TOKEN=$(cat /etc/artdag/secrets/user.token)
systemctl start artdag-scheduler
until_true 30 artdag jobs
# As on another machine: it has the token and nothing else.
mkdir -p /etc/systemd/system/artdag-worker.service.d
printf '[Service]\nLoadCredential=redis_worker:/etc/artdag/secrets/elsewhere\n' >/etc/systemd/system/artdag-worker.service.d/joins.conf
systemctl daemon-reload
systemctl start artdag-worker
until_true 30 sh -c 'artdag workers | grep -q cpu'
journalctl --no-pager --output cat --unit artdag-worker | grep 'sandbox="bubblewrap' || fail "the unit takes bubblewrap away"

echo "== a job"
cat >recipe.yaml <<'END'
name: inside
nodes:
  - {id: a, type: COMMAND, config: {argv: [sh, -c, 'hostname >"$0"; id -u >>"$0"; cat /etc/artdag/worker.env /run/credentials/*/* >>"$0" 2>/dev/null; true', "{out}"]}}
outputs: [a]
END
artdag submit recipe.yaml --wait -o made
[ "$(cat made)" = "$(printf 'artdag\n%s' "$(id -u artdag)")" ] || fail "the tool saw $(cat made)"

echo "== a drain lets a step finish"
sed 's/hostname/sleep 4; hostname/' recipe.yaml >slow.yaml
artdag submit slow.yaml
until_true 10 sh -c '[ "$(journalctl --output cat --unit artdag-worker | grep -c "msg=executing")" = 2 ]'
systemctl stop artdag-worker
[ "$(systemctl show --value --property Result artdag-worker)" = success ] || fail "the drain did not end well"
artdag jobs
[ "$(artdag jobs | grep -c COMPLETED)" = 2 ] || fail "the step was not finished"

echo "== wrong settings stay wrong"
echo ARTDAG_SLOT=2 >>/etc/artdag/worker.env
systemctl start artdag-worker || true
until_true 10 sh -c '[ "$(systemctl show --value --property ExecMainStatus artdag-worker)" = 2 ]'
[ "$(systemctl show --value --property NRestarts artdag-worker)" = 0 ] || fail "it is started again and again"

echo "== an upgrade keeps what was set, a purge nothing"
dpkg --install /test/artdag.deb
grep -q '^ARTDAG_SLOT=2' /etc/artdag/worker.env || fail "the upgrade lost a setting"
[ "$(systemctl is-active artdag-scheduler)" != failed ] || fail "the scheduler did not survive the upgrade"
until_true 30 artdag jobs
dpkg --purge artdag
[ ! -e /etc/artdag ] && [ ! -e /var/lib/artdag-worker ] && [ ! -e /var/lib/artdag-scheduler ] || fail "the purge left something"
[ "$(systemctl show --value --property ActiveState artdag-scheduler)" != active ] || fail "the scheduler lives without its program"
echo "== it works"
