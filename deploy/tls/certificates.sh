#!/bin/sh
# Makes a certificate authority of the farm's own, and certificates from it,
# where they are missing; those that are there stay. Runs openssl in the farm's
# image of Redis, so that the files are those of the user who reads them.
#
#	deploy/tls/certificates.sh NAME...          for this farm, known by these names or addresses
#	deploy/tls/certificates.sh --worker NAME... for a worker on a machine with these
#
# What it makes for the farm is in deploy/tls/certs, or the folder ARTDAG_CERTS:
# ca.pem (give it to who uses the farm), cert.pem and key.pem (HTTPS; may be from
# elsewhere), services.pem and services.key (Redis, PostgreSQL), ca.key (keep it).
# For a worker it makes a folder workers/NAME in there: copy that to its machine.
set -eu
if [ "${1:-}" != --inside ]; then
	[ $# -gt 0 ] || { echo "usage: deploy/tls/certificates.sh [--worker] NAME..." >&2; exit 2; }
	here=$(cd "$(dirname "$0")" && pwd)
	folder=${ARTDAG_CERTS:-$here/certs}
	mkdir -p "$folder"
	exec docker run --rm --user 0 --network none --volume "$(cd "$folder" && pwd):/certs" --volume "$here/certificates.sh:/certificates.sh:ro" \
		--entrypoint sh "artdag/redis:${ARTDAG_VERSION:-latest}" /certificates.sh --inside "$@"
fi
shift
cd /certs
umask 077
curve="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
printf '[req]\ndistinguished_name=name\n[name]\n' >/tmp/openssl.cnf
request() { openssl req -config /tmp/openssl.cnf -x509 $curve "$@" 2>/tmp/said || { cat /tmp/said >&2; exit 1; }; }

authority() {
	[ -s ca.pem ] && return
	request -keyout ca.key -out ca.pem -days 3650 -subj "/CN=artdag farm" -addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign
	chmod 644 ca.pem
	echo "made ca.pem"
}
# certificate FILE KEY NAMES...
certificate() {
	file=$1 key=$2 names=""
	shift 2
	[ -s "$file" ] && return
	for name in "$@"; do
		case $name in
		*:* | [0-9]*.[0-9]*.[0-9]*.*[0-9]) names=$names,IP:$name ;;
		*) names=$names,DNS:$name ;;
		esac
	done
	# Renamed at the end: what is there is whole.
	request -CA ca.pem -CAkey ca.key -keyout "$key" -out "$file.new" -days 825 -subj "/CN=$1" -addext "subjectAltName=${names#,}" \
		-addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth -addext keyUsage=critical,digitalSignature \
		-addext authorityKeyIdentifier=keyid
	chown 10001:10001 "$file.new" "$key"
	mv "$file.new" "$file"
	echo "made $file for ${names#,}"
}

authority
if [ "${1:-}" = --worker ]; then
	shift
	folder=workers/${1:?"which worker? give its name"}
	mkdir -p "$folder"
	chmod 755 workers "$folder"
	cp -p ca.pem "$folder/"
	certificate "$folder/cert.pem" "$folder/key.pem" "$@"
	exit
fi
certificate cert.pem key.pem "$@" localhost 127.0.0.1
certificate services.pem services.key "$@" redis postgres localhost 127.0.0.1
