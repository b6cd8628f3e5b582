#!/bin/sh
# Writes what images are made of, as CycloneDX: Debian packages and the modules
# of the programs. It looks into the images and starts none of them.
#
#	deploy/sbom-images.sh FOLDER IMAGE...
set -eu
folder=${1:?"usage: deploy/sbom-images.sh FOLDER IMAGE..."}
shift
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
container=""
trap 'rm -rf "$work"; [ -z "$container" ] || docker rm "$container" >/dev/null' EXIT
(cd tools/sbom && "${GO:-go}" build -trimpath -buildvcs=false -o "$work/" . github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod)

for image in "$@"; do
	name=${image%:*} version=${image##*:}
	container=$(docker create --entrypoint /none "$image")
	mkdir "$work/in"
	set --
	if docker cp "$container:/var/lib/dpkg/status" "$work/in/status" >/dev/null 2>&1; then set -- -dpkg "$work/in/status"; fi
	for path in /scheduler /asynqmon /healthcheck /artdag /usr/local/bin/worker /usr/local/bin/healthcheck /usr/local/bin/ipfs; do
		program=$work/in/$(basename "$path")
		docker cp "$container:$path" "$program" >/dev/null 2>&1 || continue
		"$work/cyclonedx-gomod" bin -json -std -noserial -notimestamp -version "$version" -output "$program.cdx.json" "$program"
		set -- "$@" "$program.cdx.json"
	done
	file=$folder/$(printf '%s' "$name-$version" | tr / -).cdx.json
	"$work/sbom" -name "$name" -version "$version" "$@" >"$file.new"
	mv "$file.new" "$file"
	docker rm "$container" >/dev/null
	container=""
	rm -rf "$work/in"
	echo "sbom: $file" >&2
done
