#!/bin/sh
# Makes the secrets that docker-compose.yml hands to its services, each once, at random; what is there stays as it is.
#   sh cloud/compose/make-secrets.sh [directory]
# The directory is closed to everybody else; the files are readable, because each service runs as a user of its own.
set -eu

directory=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$directory"
chmod 0700 "$directory"

random() {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

make() {
  [ -s "$directory/$1" ] && return
  printf '%s' "$2" >"$directory/$1"
  chmod 0444 "$directory/$1"
  echo "已生成 / made: $directory/$1"
}

make influxdb-admin-password "$(random)"
make influxdb-admin-token "$(random)"
make influxdb-read-token "grafana:$(random)"
make grafana-admin-password "$(random)"
make grafana-secret-key "$(random)"
