#!/bin/sh
# Starts the units for real, as CI does: systemd as the first process of a container that has /usr of this machine and this
# checkout at /opt/tulou, installed as ../README.md says. Then checks what each role must not read. As root, with podman.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../.." && pwd)
PATH="$PATH:/usr/sbin:/sbin"
name=tulou-systemd-$$
work=$(mktemp -d)
fail() { echo "try.sh: $1" >&2; exit 1; }
clean() {
  code=$?
  trap - EXIT INT TERM
  if [ "$code" -ne 0 ]; then podman exec "$name" journalctl --no-pager -n 80 >&2 || true; fi
  podman rm -f -v -t 5 "$name" > /dev/null 2>&1 || true
  rm -rf "$work"
  exit "$code"
}
for program in podman systemd-sysusers; do
  command -v "$program" > /dev/null || { echo "try.sh: $program is not installed" >&2; exit 1; }
done
trap clean EXIT
trap 'exit 1' INT TERM

fs="$work/root"
mkdir -p "$fs/etc/systemd/system" "$fs/etc/tulou" "$fs/docker-entrypoint-initdb.d" "$fs/opt/tulou"
for folder in usr run tmp var/lib var/log root proc sys dev; do mkdir -p "$fs/$folder"; done
for link in bin sbin lib lib64; do [ ! -e "/usr/$link" ] || ln -s "usr/$link" "$fs/$link"; done
cp -r /etc/passwd /etc/group /etc/ld.so.cache "$fs/etc"
: > "$fs/etc/machine-id"

# As ../README.md says, and the settings of this try: all on the loopback of the container.
cp "$here"/tulou-*.service "$fs/etc/systemd/system"
mkdir -p "$fs/etc/sysusers.d" && cp "$here/tulou.sysusers" "$fs/etc/sysusers.d/tulou.conf"
systemd-sysusers --root "$fs" > /dev/null 2>&1
sh "$root/packages/cli/bin/tulou" init --data "$fs/etc/tulou" > /dev/null
for role in control worker gateway; do
  sed 's#^TULOU_DATABASE_URL=.*#TULOU_DATABASE_URL=postgres://tulou:try@127.0.0.1:5432/tulou#' "$here/$role.env.example" > "$fs/etc/tulou/$role.env"
  chmod 0600 "$fs/etc/tulou/$role.env"
  # A container may not have as many files open as a machine.
  mkdir -p "$fs/etc/systemd/system/tulou-$role.service.d"
  printf '[Service]\nLimitNOFILE=4096\n' > "$fs/etc/systemd/system/tulou-$role.service.d/try.conf"
done
cp "$root/packaging/compose/database.sh" "$fs/docker-entrypoint-initdb.d/tulou.sh"
cat > "$fs/etc/systemd/system/postgresql.service" <<END
[Service]
User=nobody
Environment=POSTGRES_PASSWORD=try TULOU_DATABASE_PASSWORD=try
ExecStart=/bin/sh /opt/tulou/packaging/compose/try-postgres.sh
END

runtime=$(command -v runc || true)
# Mounts are shared, as on a machine: systemd shows credentials to a role by a mount.
podman ${runtime:+--runtime "$runtime"} run -d --name "$name" --privileged --systemd=always --network none \
  --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 -v /usr:/usr:ro -v "$root:/opt/tulou:ro" \
  --rootfs "$fs" /bin/sh -c 'mount --make-rshared / && exec /lib/systemd/systemd --unit=basic.target' > /dev/null
inside() { podman exec "$name" "$@"; }
systemctl() { inside systemctl "$@"; }
tries=0
until systemctl is-system-running > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || fail 'systemd does not start in a container here'
  sleep 0.2
done
# `systemctl start` of a simple service returns at once; roles that start before the database are started again.
systemctl start postgresql tulou-control tulou-worker tulou-gateway
node=/opt/tulou/node_modules/node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')/bin/node
for port in 8091 8092 8081; do
  tries=0
  until inside "$node" -e "fetch('http://127.0.0.1:$port/readyz').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || fail "no role is ready at port $port"
    sleep 1
  done
done

# The files that a role sees as its own user, in its own mount namespace.
sees() {
  pid=$(systemctl show -p MainPID --value "tulou-$1")
  user=$(inside stat -c %U "/proc/$pid")
  [ "$user" = "tulou-$1" ] || fail "$1 runs as $user"
  inside nsenter -t "$pid" -m setpriv --reuid "$user" --regid "$user" --clear-groups /bin/sh -c "$2"
}
for secret in operator.token master.key node.token control.env; do
  for role in worker gateway; do
    if sees "$role" "cat /etc/tulou/$secret /run/credentials/tulou-control.service/$secret" > /dev/null 2>&1; then fail "$role reads $secret"; fi
  done
done
[ "$(sees gateway 'ls /run/credentials/tulou-gateway.service')" = node.token ] || fail 'the gateway has more than node.token'
[ "$(sees control 'ls /run/credentials/tulou-control.service' | tr '\n' ' ')" = 'master.key node.token operator.token ' ] ||
  fail 'control lacks a credential'
systemctl stop tulou-gateway tulou-worker tulou-control
for role in control worker gateway; do
  result=$(systemctl show -p Result --value "tulou-$role")
  [ "$result" = success ] || fail "$role did not stop in order: $result"
done
echo 'try.sh: the units start, are ready, and stop; the gateway reads only node.token'
