#!/bin/sh
# Enrols the demo's gateway at its first start, then runs it.
set -eu

if [ ! -d /data/identity ]; then
  mingcheng-gateway enrol --code "$(cat /enrolment/code)" --data /data
fi
exec mingcheng-gateway run --config /etc/mingcheng/gateway.yaml
