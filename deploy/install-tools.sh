#!/bin/sh
# Installs the programs that artdag calls, where the system has apt, and says
# what it does. Elsewhere it prints what to install. With "test" as argument it
# adds what only the tests need, with "images" what builds images without a
# registry.
set -eu

missing=""
need() { # program, package
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

need ffmpeg ffmpeg
need ffprobe ffmpeg
need aubiotrack aubio-tools
need bwrap bubblewrap
if [ "${1:-}" = test ]; then
	need blender blender
	# Blender looks for it where the system keeps it, whichever python3 comes first.
	[ -d /usr/lib/python3/dist-packages/numpy ] || missing="$missing python3-numpy"
	# Blender opens it for EEVEE and WORKBENCH and does not depend on it.
	ls /usr/lib/*/libEGL.so.1 >/dev/null 2>&1 || missing="$missing libegl1"
	# The race detector is linked by a C compiler.
	need gcc gcc
	ls /usr/include/stdlib.h >/dev/null 2>&1 || missing="$missing libc6-dev"
	need git git
	for program in taskset prlimit unshare; do need $program util-linux; done
	# The units are checked by what reads them; nothing is started.
	need systemd-analyze systemd
	# The tests start servers of their own.
	need redis-server redis-server
	# The tests check alert rules, and start a server of their own.
	need promtool prometheus
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
fi
if [ "${1:-}" = images ]; then
	missing=""
	need debootstrap debootstrap
	need docker docker.io
	command -v docker-compose >/dev/null 2>&1 || docker compose version >/dev/null 2>&1 || missing="$missing docker-compose"
fi
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
if [ -z "${missing# }" ]; then
	exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
	echo "artdag needs these programs; install them with your system's package manager: $missing" >&2
	exit 3
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || { echo "run as root: apt-get install $missing" >&2; exit 3; }
	as_root="sudo"
fi
echo "installing with apt-get: $missing"
# Debian starts a server as soon as it is installed; a policy that says no is
# asked first. One that is there already is the system's own and stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '$as_root rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
fi
$as_root apt-get update -qq
# A package system that another program holds is waited for, not an error.
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
	-o DPkg::Lock::Timeout=600 $missing >/dev/null
echo "installed: $missing"
