# Sourced by `up` and `.ci/run`: makes sure of Node 18 or newer with npm. Node 24 itself comes with the npm packages.

has_node() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
    [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 18')" = true ]
}

ensure_node() {
  has_node && return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "Slipway needs Node 18 or newer with npm. Install it and run this again." >&2
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "Slipway needs Node 18 or newer with npm. Run: sudo apt-get install --no-install-recommends nodejs npm" >&2
    return 1
  fi
  echo "Installing Node from the distribution"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends nodejs npm >/dev/null || return 1
  has_node && return 0
  echo "The distribution's Node is older than 18. Use Debian 12, Ubuntu 24.04 or newer." >&2
  return 1
}
