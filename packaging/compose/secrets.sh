#!/bin/sh
#   sh packaging/compose/secrets.sh [DIR]      (beside compose.yaml)
#
# Makes what the containers of compose.yaml share, once: secrets/control and secrets/gateway in DIR, each for the
# user of its role, and .env with the passwords of the database: its superuser's and Tulou's. As root, or with `podman unshare` where containers are yours.
set -eu
folder=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
here=${1:-$folder}
umask 077
[ ! -e "$here/.env" ] || { echo "secrets.sh: $here/.env is there already; nothing was changed" >&2; exit 1; }
sh "$folder/../../packages/cli/bin/tulou" init --data "$here/secrets/control" > /dev/null
mkdir -p "$here/secrets/gateway"
cp "$here/secrets/control/node.token" "$here/secrets/gateway/node.token"
chown -R 10002:10001 "$here/secrets/control"
chown -R 10004:10004 "$here/secrets/gateway"
password() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
printf 'TULOU_POSTGRES_PASSWORD=%s\nTULOU_DATABASE_PASSWORD=%s\n' "$(password)" "$(password)" > "$here/.env"
echo "Made $here/secrets and $here/.env. Keep a copy of secrets/control/master.key where your backups are not."
