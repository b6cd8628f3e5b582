#!/bin/sh
# Makes an image of Debian's smallest system out of its packages, where no
# registry answers. Needs root and debootstrap.
#
#	deploy/images/debian.sh IMAGE
set -eu
image=${1:?"usage: debian.sh IMAGE"}
# The machine's own package source of a suite.
source_of() {
	apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null | awk -v suite="$1" '$1 == suite { print $2; exit }'
}
mirror=${DEBIAN_MIRROR:-$(source_of bookworm)}
security=${DEBIAN_SECURITY_MIRROR:-$(source_of bookworm-security)}
[ -n "$mirror" ] || { echo "debian.sh: apt knows no source of bookworm: set DEBIAN_MIRROR to the address of one" >&2; exit 3; }
command -v debootstrap >/dev/null 2>&1 || { echo "debian.sh: apt-get install debootstrap" >&2; exit 3; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
echo "images: Debian out of packages: some minutes the first time" >&2
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" || { tail "$root.log" >&2; exit 1; }
rm -f "$root.log"
printf 'deb %s bookworm main\ndeb %s bookworm-updates main\n' "$mirror" "$mirror" >"$root/etc/apt/sources.list"
[ -z "$security" ] || printf 'deb %s bookworm-security main\n' "$security" >>"$root/etc/apt/sources.list"
# Manuals are of no use in a container.
printf 'path-exclude=/usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n' \
	>"$root/etc/dpkg/dpkg.cfg.d/small"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
find "$root/usr/share/doc" -type f ! -name copyright -delete
tar -C "$root" --numeric-owner -c . | docker import --change 'CMD ["sh"]' - "$image" >/dev/null
