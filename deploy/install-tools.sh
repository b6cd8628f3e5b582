#!/bin/sh
# Installs the programs that artdag calls, where the system has apt, and says
# what it does. Elsewhere it prints what to install. With "test" as argument it
# adds what only the tests need.
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
$as_root apt-get update -qq
# A package system that another program holds is waited for, not an error.
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
	-o DPkg::Lock::Timeout=600 $missing >/dev/null
echo "installed: $missing"
