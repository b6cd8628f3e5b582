#!/bin/sh
# Makes the secrets of the farm, where they are missing, for kubectl: in a folder
# of base, and readable for who calls this.
set -eu
umask 077
folder=$(cd "$(dirname "$0")" && pwd)/base/secrets
ARTDAG_SECRETS_OWNER=$(id -u) "$(dirname "$0")/../secrets.sh" "$folder"
# KEDA sends what it reads as it is, the end of the line too.
tr -d '\n' <"$folder/metrics.token" >"$folder/.scale_token.new"
mv "$folder/.scale_token.new" "$folder/scale_token"
chmod 700 "$folder" # nobody else has to open them
