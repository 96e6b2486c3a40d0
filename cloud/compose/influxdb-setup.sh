#!/bin/bash
# Run once by InfluxDB's image, after it has made its organisation and the bucket mingcheng/autogen. What InfluxQL asks for as
# database mingcheng, retention policies autogen and long, becomes two buckets; who draws dashboards may read them, no more.
# How long they keep what, the centre says.
set -euo pipefail

database=mingcheng
organisation=$DOCKER_INFLUXDB_INIT_ORG
autogen=$DOCKER_INFLUXDB_INIT_BUCKET_ID
long=$(influx bucket create --org "$organisation" --name "$database/long" --retention 0 --hide-headers | cut -f 1)

influx v1 dbrp create --org "$organisation" --db "$database" --rp autogen --bucket-id "$autogen" --default
influx v1 dbrp create --org "$organisation" --db "$database" --rp long --bucket-id "$long"

# The file holds <user>:<password>, which InfluxQL takes as a token.
reader=$(cat /run/secrets/influxdb-read-token)
influx v1 auth create --org "$organisation" --description "dashboards" \
  --username "${reader%%:*}" --password "${reader#*:}" --read-bucket "$autogen" --read-bucket "$long"
