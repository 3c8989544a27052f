#!/bin/sh
# Starts compose.yaml for real, as CI does after ../container/try.sh has loaded the image: the roles apart, each under its user,
# and what each must not reach. Needs podman and podman-compose; only PostgreSQL comes from our image instead of a registry.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
PATH="$PATH:/usr/sbin:${TMPDIR:-/tmp}/tulou-peers/bin"
project=tulou-try-$$
work=$(mktemp -d)
compose() { podman-compose -p "$project" -f "$work/compose.yaml" -f "$work/try.yaml" "$@"; }
clean() {
  code=$?
  trap - EXIT INT TERM
  if [ "$code" -ne 0 ]; then compose logs 2>&1 | tail -60 >&2; fi
  # First the containers with their own volumes, which `down` leaves behind.
  podman rm -f -v -t 10 $(podman ps -aq --filter "label=io.podman.compose.project=$project") > /dev/null 2>&1 || true
  compose down -v -t 10 > /dev/null 2>&1 || true
  rm -rf "$work"
  exit "$code"
}
fail() { echo "try.sh: $1" >&2; exit 1; }

for program in podman podman-compose curl; do
  command -v "$program" > /dev/null || { echo "try.sh: $program is not installed" >&2; exit 1; }
done
trap clean EXIT
trap 'exit 1' INT TERM
cp "$here"/*.yaml "$here"/*.sh "$work"
sh "$here/secrets.sh" "$work" > /dev/null
# crun refuses machines with both versions of cgroups; runc does not.
cat > "$work/containers.conf" <<END
[engine]
$(command -v runc > /dev/null && echo 'runtime = "runc"')
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=512:512"]
END
export CONTAINERS_CONF="$work/containers.conf"
ports=$(sh "$here/../../tools/node24" -e '
  const servers = [0, 1].map(() => require("node:net").createServer().listen(0, "127.0.0.1"));
  setImmediate(() => { console.log(servers.map((one) => one.address().port).join(" ")); process.exit(); });')
export TULOU_PLATFORM_PORT="${ports% *}" TULOU_GATEWAY_PORT="${ports#* }"
platform=http://127.0.0.1:$TULOU_PLATFORM_PORT gateway=http://127.0.0.1:$TULOU_GATEWAY_PORT
compose up -d > "$work/up.log" 2>&1 || { cat "$work/up.log" >&2; fail 'podman-compose up failed'; }

# Waits until it is answered; CI's limit ends it where that never comes.
for url in "$platform/api/v1/openapi.json" "$gateway/readyz"; do
  tries=0
  until curl -fsS -m 10 "$url" > /dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || fail "$url does not answer"
    sleep 1
  done
done
curl -fsS -H "Authorization: Bearer $(cat "$work/secrets/control/operator.token")" -H 'Content-Type: application/json' \
  -H 'Tulou-Reason: try.sh' -d '{"slug":"acme","name":"Acme"}' "$platform/api/v1/tenants" > /dev/null || fail 'no tenant can be created'

node="$(podman exec "${project}_gateway_1" /bin/sh -c 'echo /opt/tulou/node_modules/node-linux-*/bin/node')"
run() { podman exec "${project}_${1}_1" "$node" -e "$2"; }
while read -r role user; do
  [ "$(run "$role" 'console.log(process.getuid())')" = "$user" ] || fail "$role does not run as $user"
done <<END
control 10002
worker 10003
gateway 10004
END
run worker '(async function ask() {
  const ready = await fetch("http://127.0.0.1:8092/readyz").then((answer) => answer.ok, () => false);
  if (!ready) setTimeout(ask, 200);
})()'
# Of the gateway: the whole list of its secrets, its environment, and the names that it can reach.
[ "$(run gateway 'console.log(fs.readdirSync("/run/secrets").join())')" = node.token ] || fail 'the gateway has more than node.token'
[ "$(run gateway 'console.log(Object.keys(process.env).filter((one) => /DATABASE|OPERATOR|MASTER/.test(one)).join())')" = '' ] ||
  fail 'the gateway learns of the database or of secrets of control'
[ "$(run gateway 'dns.lookup("control", (no) => dns.lookup("postgres", (yes) => console.log(!no && !!yes)))')" = true ] ||
  fail 'the gateway must reach control and not the database'
[ "$(run worker 'console.log(fs.existsSync("/run/secrets/master.key"))')" = false ] || fail 'the worker has secrets'
echo "try.sh: compose.yaml serves $platform and $gateway"
