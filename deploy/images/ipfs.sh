#!/bin/sh
# Starts Kubo. The first time it makes the repository with the profile that the
# farm's own computation of addresses follows. IPFS_STORAGE_MAX bounds the
# repository; IPFS_ROUTING=auto joins the public network, none keeps to itself.
set -eu
[ -s "$IPFS_PATH/config" ] || ipfs init --empty-repo --profile=unixfs-v1-2025
ipfs config Addresses.API /ip4/0.0.0.0/tcp/5001
ipfs config Addresses.Gateway ''
ipfs config Datastore.StorageMax "${IPFS_STORAGE_MAX:-200GB}"
ipfs config Routing.Type "${IPFS_ROUTING:-none}"
if [ "${IPFS_ROUTING:-none}" = none ]; then
	ipfs bootstrap rm --all >/dev/null
	ipfs config --json AutoConf.Enabled false
	ipfs config --json AutoTLS.Enabled false
	ipfs config --json DNS.Resolvers '{}'
	ipfs config --json Routing.DelegatedRouters '[]'
	ipfs config --json Ipns.DelegatedPublishers '[]'
	ipfs config --json Discovery.MDNS.Enabled false
	ipfs config --json Swarm.RelayClient.Enabled false
fi
exec ipfs daemon --enable-gc "$@"
