#!/usr/bin/env bash
# Installs the Debian packages that the tests' real components need. Idempotent; says what it does.
# MINGCHENG_NO_APT=1 declines. Prints nothing to install when all are there. Needs root.
set -euo pipefail

# package        why
packages=(
  strace           # power-cut test: records writes and fsyncs
  libfaketime      # clock tests: 1970, jumps of two weeks
  mosquitto        # a real broker beside the embedded one
  openssl          # independent check of signatures and certificates
  python3          # the second verifier of evidence
  ffmpeg           # decodes single pictures; makes the streams of the tests
  chromium         # screens in a real browser
  gir1.2-gst-rtsp-server-1.0 # an RTSP server that is not ours, for cameras
  python3-gi                 # runs it
  gstreamer1.0-plugins-base  # its test pictures
  gstreamer1.0-plugins-good  # RTP
  gstreamer1.0-plugins-ugly  # H.264
  systemd          # checks units; its messages to a watched service
  prometheus       # its promtool tries the alert rules
  influxdb         # a real time series server
  victoria-metrics # another one, which takes InfluxDB 2's way of writing
  fonts-noto-cjk   # Chinese text in the pictures
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done

if [ "${#missing[@]}" -eq 0 ]; then
  echo "Debian packages for the tests: all ${#packages[@]} installed."
  exit 0
fi
if [ "${MINGCHENG_NO_APT:-}" = 1 ]; then
  echo "Debian packages for the tests missing, not installed because MINGCHENG_NO_APT=1: ${missing[*]}"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Debian packages for the tests missing: ${missing[*]}"
  echo "To enable the tests that need them: sudo bash .ci/install-debian-packages.sh"
  exit 0
fi

echo "Installing Debian packages for the tests: ${missing[*]}"
# Services that a package brings must not start by themselves: the tests start their own on loopback.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "Installed: ${missing[*]}"
