#!/bin/sh
# Packs images, compose file, overlays and install.sh into one archive, for
# machines that reach no registry.
#
#	deploy/bundle.sh FOLDER        (ARTDAG_VERSION: which images, default latest)
set -eu
folder=${1:?"usage: deploy/bundle.sh FOLDER"}
version=${ARTDAG_VERSION:-latest}
name=artdag-bundle-$version
images=""
for image in redis postgres ipfs scheduler asynqmon worker; do images="$images artdag/$image:$version"; done
for image in worker-blender prometheus caddy; do # where they were built
	if docker image inspect "artdag/$image:$version" >/dev/null 2>&1; then images="$images artdag/$image:$version"; fi
done
mkdir -p "$folder"
work=$(mktemp -d "$folder/.bundle-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name/deploy"
cp docker-compose.yml LICENSE "$work/$name/"
cp deploy/install.sh "$work/$name/install.sh"
cp -R deploy/secrets.sh deploy/autoscale.sh deploy/seccomp-worker.json deploy/compose.*.yml deploy/observability "$work/$name/deploy/"
mkdir "$work/$name/deploy/tls" # never the certificates of this machine
cp deploy/tls/Caddyfile deploy/tls/certificates.sh "$work/$name/deploy/tls/"
printf 'ARTDAG_VERSION=%s\n' "$version" >"$work/$name/.env"
echo "bundle: saving$images" >&2
docker save $images | gzip -1 >"$work/$name/images.tar.gz"
(cd "$work/$name" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + >SHA256SUMS)
tar -C "$work" -cf "$folder/$name.tar.new" "$name"
mv "$folder/$name.tar.new" "$folder/$name.tar"
echo "bundle: $folder/$name.tar"
