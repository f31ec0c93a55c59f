#!/bin/bash
# Installs what kube-lite needs on Debian 12 or Ubuntu 24.04: OS packages that are missing, and a virtual environment.
# Called by `make`: without an argument what the lab needs, with `test` what the suite needs too, kubectls and Node.js
# clients among it, with `bench` what makes load. Doing it again changes nothing, and is quick. No service is started:
# the lab runs its own etcd and its pods their own nginx.
#   PYTHON=python3.12   the interpreter for the virtual environment (3.11 or newer)
#   SKIP_APT=1          use the programs that are there
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin" DEBIAN_FRONTEND=noninteractive

say() { echo "install: $*"; }
fail() { echo "install: $*" >&2; exit 1; }

# program:package, in the order in which the absence of one hurts.
NEEDED=(etcd:etcd-server nginx:nginx-light ip:iproute2 nft:nftables iptables:iptables ipset:ipset ipvsadm:ipvsadm
        conntrack:conntrack curl:curl dig:dnsutils nsenter:util-linux modprobe:kmod ps:procps)
case "${1:-}" in
  bench) NEEDED+=(wrk:wrk dnsperf:dnsperf) ;;
  "" | test) ;;
  *) echo "usage: $0 [test|bench]" >&2; exit 2 ;;
esac
# Guests with a kernel of their own: IPVS where this kernel has none. Tests of IPVS need it; not every release has it.
WANTED=(linux.uml:user-mode-linux)
[ "${1:-}" != test ] || WANTED+=(zsh:zsh fish:fish)  # whose completions the suite has them read
grep -qsw amx_tile /proc/cpuinfo && WANTED+=(gcc:gcc)  # guests need a small library on such processors: lab/uml/xstate.c

missing() { local pair; for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || echo "${pair##*:}"; done; }

available() { apt-cache show "$1" >/dev/null 2>&1; }

apt_update_once() {
  [ -z "${UPDATED:-}" ] || return 0
  UPDATED=1
  say "apt-get update"
  apt-get update -qq || say "apt-get update had errors; going on with what is known"
}

# Packages bring services that start at once; ours must not. A policy-rc.d of the machine's own is left in place.
with_services_off() {
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; made=1; fi
  local status=0
  "$@" || status=$?
  if [ -n "$made" ]; then rm -f $policy; fi
  return $status
}

# Not at the next boot either. Only for packages that were not there before.
disable_services() {
  command -v systemctl >/dev/null || return 0
  local package unit
  for package in "$@"; do
    for unit in $(dpkg -L "$package" 2>/dev/null | sed -n 's|^/\(usr/\)\?lib/systemd/system/\([^/]*\.service\)$|\2|p'); do
      systemctl disable --quiet "$unit" >/dev/null 2>&1 || true
    done
  done
}

install_packages() {
  [ $# -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || fail "missing: $*. Run as root, or: apt-get install --no-install-recommends $*"
  command -v apt-get >/dev/null || fail "missing: $*. This script knows apt-get only; install them by hand."
  say "apt-get install $*"
  with_services_off apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    fail "apt-get could not install $*; see above"
  disable_services "$@" $([[ " $* " == *" nginx-light "* ]] && echo nginx-common nginx)
}

os_packages() {
  local needed wanted package
  mapfile -t needed < <(missing "${NEEDED[@]}")
  mapfile -t wanted < <(missing "${WANTED[@]}")
  python_ok || needed+=(python3 python3-venv)
  "${PYTHON:-python3}" -c 'import venv, ensurepip' 2>/dev/null || needed+=(python3-venv)
  [ ${#needed[@]} -gt 0 ] || [ ${#wanted[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt_update_once; fi
  install_packages "${needed[@]}"
  for package in "${wanted[@]}"; do
    if [ "$(id -u)" = 0 ] && available "$package"; then install_packages "$package"
    elif [ "$package" = user-mode-linux ]; then
      say "$package is not available here: no guests with IPVS of their own (everything else works)"
    else say "$package is not available here: what needs it is skipped"; fi
  done
}

python_ok() { "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# virtual_environment [EXTRA]: the libraries that kube-lite runs with, and those of an extra of pyproject.toml.
virtual_environment() {
  local stamp=.venv/.installed${1:+-$1} key
  key=$(cat pyproject.toml constraints.txt | sha256sum)
  [ "$(cat $stamp 2>/dev/null)" = "$key" ] && return 0
  [ -z "${1:-}" ] && [ "$(cat $stamp-test 2>/dev/null)" = "$key" ] && return 0  # the suite's has all of it
  python_ok || fail "Python 3.11 or newer is needed; set PYTHON=..."
  [ -x .venv/bin/python ] || { say "python -m venv .venv"; "${PYTHON:-python3}" -m venv .venv; }
  say "pip install (a minute, the first time)"
  .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".${1:+[$1]}" ||
    fail "pip could not install the dependencies; see above"
  echo "$key" >$stamp
}

# Some kubectl for the tests. Debian's package cannot stand beside another kubectl, so it is only unpacked.
kubectl_for_tests() {
  [ -x .cache/kubectl/usr/bin/kubectl ] && return 0
  command -v apt-get >/dev/null || return 0
  available kubernetes-client || apt_update_once
  available kubernetes-client || { say "no package kubernetes-client here: the tests with kubectl will be skipped"; return 0; }
  say "unpacking Debian's kubectl into .cache"
  mkdir -p .cache/kubectl
  (cd .cache && apt-get download -qq kubernetes-client >/dev/null && dpkg -x kubernetes-client_*.deb kubectl && rm -f ./*.deb) ||
    say "kubernetes-client could not be fetched: the tests with kubectl will be skipped"
}

# The official JavaScript client, for the tests of interoperability. Without node they are skipped, in one line.
node_for_tests() {
  local folder=tests/interop/node stamp key
  stamp=$folder/node_modules/.installed
  key=$(sha256sum <$folder/package.json)
  [ "$(cat $stamp 2>/dev/null)" = "$key" ] && return 0
  if ! command -v npm >/dev/null && [ -z "${SKIP_APT:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt_update_once
    (install_packages nodejs npm) || true
  fi
  command -v npm >/dev/null || { say "no npm here: the tests with the JavaScript client will be skipped"; return 0; }
  say "npm install @kubernetes/client-node"
  (cd $folder && npm install --silent --no-package-lock --no-audit --no-fund >/dev/null && echo "$key" >node_modules/.installed) ||
    say "npm could not install it: the tests with the JavaScript client will be skipped"
}

[ -n "${SKIP_APT:-}" ] || os_packages
virtual_environment "$([ "${1:-}" != test ] || echo test)"  # benchmarks need no further libraries
[ "${1:-}" != test ] || { kubectl_for_tests; node_for_tests; }
