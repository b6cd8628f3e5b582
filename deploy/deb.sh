#!/bin/sh
# Makes the Debian package of programs that were built before: the same programs
# give the same bytes.
#
#	deploy/deb.sh FOLDER VERSION ARCH
#
# FOLDER holds artdag, scheduler and worker as NAME-linux-ARCH, and gets the
# package. SOURCE_DATE_EPOCH dates it; the default is the last commit's time.
# DEB_VERSION_ONLY=1 says what the package's version would be, and ends.
set -eu
[ $# = 3 ] || { echo "usage: deploy/deb.sh FOLDER VERSION ARCH" >&2; exit 2; }
out=$(cd "$1" && pwd) arch=$3
cd "$(dirname "$0")/.."
command -v dpkg-deb >/dev/null 2>&1 || { echo "deb: dpkg-deb is missing: install dpkg" >&2; exit 3; }
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

# A version begins with a digit, and 1.0~rc1 comes before 1.0.
version=$(printf '%s' "$2" | sed -E 's/^v//; s/-(alpha|beta|rc)/~\1/; s/-/./g')
case $version in [0-9]*.*) ;; *) version=0.0+$version ;; esac
[ -z "${DEB_VERSION_ONLY:-}" ] || { echo "$version"; exit 0; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
chmod 755 "$root" # it becomes / in the package
# put MODE FILE PATH
put() { install -D -m "$1" "$2" "$root/$3"; }
put 755 "$out/artdag-linux-$arch" usr/bin/artdag
put 755 "$out/scheduler-linux-$arch" usr/bin/artdag-scheduler
put 755 "$out/worker-linux-$arch" usr/bin/artdag-worker
put 644 deploy/systemd/artdag-scheduler.service usr/lib/systemd/system/artdag-scheduler.service
put 644 deploy/systemd/artdag-worker.service usr/lib/systemd/system/artdag-worker.service
put 600 deploy/systemd/scheduler.env etc/artdag/scheduler.env
put 600 deploy/systemd/worker.env etc/artdag/worker.env
install -d -m 711 "$root/etc/artdag/secrets"
put 755 deploy/secrets.sh usr/share/artdag/secrets.sh
put 644 deploy/deb/copyright usr/share/doc/artdag/copyright
for page in CHANGELOG.md docs/cli.md docs/farm.md docs/operations.md docs/recipes.md; do
	put 644 "$page" "usr/share/doc/artdag/$(basename "$page")"
done

install -d "$root/DEBIAN"
(cd "$root" && find etc usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
(cd "$root" && find etc -type f | LC_ALL=C sort | sed 's|^|/|' >DEBIAN/conffiles)
size=$(find "$root/etc" "$root/usr" -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$size/" deploy/deb/control >"$root/DEBIAN/control"
for script in postinst prerm postrm; do install -m 755 deploy/deb/$script "$root/DEBIAN/$script"; done
chmod 644 "$root"/DEBIAN/md5sums "$root"/DEBIAN/conffiles "$root"/DEBIAN/control

# One thread: what several compress depends on their number.
package=artdag_${version}_$arch.deb
dpkg-deb --root-owner-group --threads-max=1 -Zxz -z1 --build "$root" "$out/.$package.new" >/dev/null
mv "$out/.$package.new" "$out/$package"
echo "deb: $out/$package" >&2
