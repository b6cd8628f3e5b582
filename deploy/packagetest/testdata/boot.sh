#!/bin/sh
# Turns the namespaces it is started in into a copy of the machine: a file
# system above this one's, in memory, and systemd as the first process. FOLDER
# holds artdag.deb and inside.sh, which is executed there, and gets the log.
set -eu
folder=$1
ip link set lo up
mount --make-rprivate /
top=$folder/top
mkdir "$top"
mount -t tmpfs tmpfs "$top"
new=$top/root
mkdir "$top/upper" "$top/work" "$new"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$new"
mkdir "$new/test"
mount --bind "$folder" "$new/test"
mount -t proc proc "$new/proc"
mount -t sysfs sysfs "$new/sys"
mount -t cgroup2 cgroup2 "$new/sys/fs/cgroup"
mount -t tmpfs tmpfs "$new/run"
mount -t tmpfs tmpfs "$new/tmp"
mount --rbind /dev "$new/dev"
: >"$new/etc/machine-id"
cat >"$new/etc/systemd/system/inside.service" <<'END'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh -eu /test/inside.sh
ExecStopPost=/bin/systemctl --no-block --force poweroff
StandardOutput=append:/test/log
StandardError=append:/test/log
END
cd "$new"
mkdir old
pivot_root . old
umount --lazy /old
# systemd hands secrets to services by mounts, which must spread.
mount --make-rshared /
container=artdag exec /lib/systemd/systemd --system --unit=inside.service --log-target=console --show-status=false
