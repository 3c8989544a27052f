#!/bin/sh
# Builds the image and starts it, as CI does: with podman where there is one, else (as root) in its root file system alone.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
name=tulou-try-$$
child=
clean() {
  trap - EXIT INT TERM
  # `unshare` waits for what it started, and takes no signal itself.
  [ -z "$child" ] || kill $(cat "/proc/$child/task/$child/children" 2>/dev/null) "$child" 2>/dev/null || true
  if command -v podman >/dev/null; then podman rm -f -t 30 "$name" >/dev/null 2>&1 || true; fi
  [ -z "$child" ] || wait "$child" 2>/dev/null || true
  rm -rf "$work"
}
trap clean EXIT INT TERM

if command -v podman >/dev/null; then
  TULOU_IMAGE_GZIP=1 sh "$here/build.sh" "$work/image.tar"
  runtime=$(PATH="$PATH:/usr/sbin" command -v runc || true)
  image=$(podman load -q -i "$work/image.tar" | sed 's/^Loaded image[^:]*: //')
  # crun refuses machines with both versions of cgroups; runc does not.
  podman ${runtime:+--runtime "$runtime"} run --name "$name" --ulimit nofile=4096:4096 --ulimit nproc=512:512 --network host \
    "$image" up --json --gateway 127.0.0.1:0 --platform 127.0.0.1:0 > "$work/out" &
else
  sh "$here/build.sh" --root "$work/root"
  cat > "$work/inside" <<END
mkdir -p "$work/root/dev/shm" && mount -t proc proc "$work/root/proc" && mount -t tmpfs tmpfs "$work/root/dev"
for device in null urandom; do touch "$work/root/dev/\$device" && mount --bind "/dev/\$device" "$work/root/dev/\$device"; done
mkdir "$work/root/dev/shm" && chmod 1777 "$work/root/dev/shm"
HOME=/var/lib/tulou PATH=/usr/bin:/bin exec "$(command -v chroot || echo /usr/sbin/chroot)" --userspec=10001:10001 "$work/root" \
  /usr/bin/tulou up --json --data /var/lib/tulou/data --gateway 127.0.0.1:0 --platform 127.0.0.1:0
END
  env -u NODE_EXTRA_CA_CERTS unshare --mount --pid --fork --kill-child sh "$work/inside" > "$work/out" &
fi
child=$!
while ! grep -q '"event"' "$work/out"; do
  kill -0 "$child" 2>/dev/null || { echo 'try.sh: it ended before it was ready' >&2; exit 1; }
  sleep 1
done
platform=$(sed -n 's/.*"platform":"\([^"]*\)".*/\1/p' "$work/out")
curl -fsS "$platform/api/v1/openapi.json" > /dev/null
echo "try.sh: the image serves $platform"
