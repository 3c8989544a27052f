#!/bin/sh
# Runs once, at the first start of the container of PostgreSQL: makes the role and the database of Tulou. The role owns the
# database and is no superuser, which row-level security would not bind. The password is hexadecimal (secrets.sh).
set -eu
psql -v ON_ERROR_STOP=1 -U postgres <<END
create role tulou login createrole password '$TULOU_DATABASE_PASSWORD';
create database tulou owner tulou;
END
