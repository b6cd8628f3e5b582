#!/bin/sh
# Builds the programs for every system, their bills of materials and the Debian
# packages, and writes the checksums: the same source gives the same bytes on
# every machine.
#
#	deploy/release.sh FOLDER VERSION [LDFLAGS]
#
# Settings: SYSTEMS (default: linux darwin windows), ARCHS (amd64 arm64).
set -eu
folder=${1:?"usage: deploy/release.sh FOLDER VERSION [LDFLAGS]"}
version=${2:?"usage: deploy/release.sh FOLDER VERSION [LDFLAGS]"}
flags=${3:--s -w -X main.version=$version}
go=${GO:-go}
out=$folder/artdag-$version
mkdir -p "$out"
tool=$(pwd)/.tools/cyclonedx-gomod
(cd tools/sbom && "$go" build -trimpath -buildvcs=false -o "$tool" github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod)

for system in ${SYSTEMS:-linux darwin windows}; do
	for arch in ${ARCHS:-amd64 arm64}; do
		end=""
		[ "$system" != windows ] || end=.exe
		for program in artdag scheduler worker; do
			echo "release: $program $system $arch" >&2
			file=$out/$program-$system-$arch$end
			CGO_ENABLED=0 GOOS=$system GOARCH=$arch "$go" build -trimpath -buildvcs=false -ldflags "$flags" -o "$file" "./cmd/$program"
			# Without number and time: the same program gives the same bytes.
			"$tool" bin -json -std -noserial -notimestamp -version "$version" -output "$file.cdx.json" "$file"
		done
		[ "$system" != linux ] || deploy/deb.sh "$out" "$version" "$arch"
	done
done
(cd "$out" && sha256sum -- *-*-* artdag_*.deb >SHA256SUMS)
echo "release: $out"
