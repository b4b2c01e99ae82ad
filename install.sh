#!/bin/sh
# Installs kvctl, or with --test runs every check. Running it again is quick and harmless.
set -eu

least=17
prefix=${HOME:-/root}/.local
mode=install

usage() {
  cat <<'END'
usage: ./install.sh [--prefix DIR] [--test] [--help]

  Gets a JDK (17 or newer) and Maven if they are missing, builds kvctl if the
  sources are newer than the last build, and installs the one file
  DIR/bin/kvctl (DIR is ~/.local unless given).

  --test  gets the tools (also tmux and Chromium, for the tests that drive a
          terminal and a browser) and runs every check and test; installs
          nothing.
END
}

say() { printf '%s\n' "install: $*"; }
fail() {
  printf '%s\n' "install: $*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

while [ $# -gt 0 ]; do
  case $1 in
    --test) mode='test' ;;
    --prefix)
      [ $# -gt 1 ] || fail "--prefix needs a folder"
      shift
      prefix=$1
      ;;
    --prefix=*) prefix=${1#*=} ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "unknown option '$1'; ./install.sh --help lists them" ;;
  esac
  shift
done
[ -n "$prefix" ] || fail "--prefix needs a folder"
case $prefix in
  /*) ;;
  *) prefix=$PWD/$prefix ;; # as seen from where the caller stands, before the next line moves
esac
cd "$(dirname "$0")"

# The major version of the JDK in the folder given; nothing if there is no compiler in it.
jdk_version() {
  [ -x "$1/bin/javac" ] || return 0
  version=$("$1/bin/javac" -version 2>&1) || return 0
  version=${version##*javac }
  version=${version#1.}
  printf '%s' "${version%%[!0-9]*}"
}

# Sets JAVA_HOME to a JDK that is new enough; Maven follows it.
find_jdk() {
  on_path=$(command -v javac || true)
  if [ -n "$on_path" ]; then on_path=$(readlink -f "$on_path" 2>/dev/null || printf '%s' "$on_path"); fi
  for home in "${JAVA_HOME:-}" "${on_path%/bin/javac}" \
    /usr/lib/jvm/* /opt/java/* "${HOME:-/root}"/.sdkman/candidates/java/current \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk* /usr/local/opt/openjdk*; do
    [ -n "$home" ] || continue
    found=$(jdk_version "$home")
    if [ -n "$found" ] && [ "$found" -ge "$least" ]; then
      JAVA_HOME=$home
      export JAVA_HOME
      return 0
    fi
  done
  return 1
}

# Runs a command as root and shows its last lines only if it fails.
quietly() {
  log=$(mktemp)
  # shellcheck disable=SC2086 # become_root is words
  if $become_root "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
  else
    tail -n 5 "$log" >&2
    rm -f "$log"
    return 1
  fi
}

apt_install() {
  jdk=default-jdk-headless
  quietly apt-get update || say "apt-get update failed; trying with the lists that are there"
  if apt-cache show openjdk-17-jdk-headless >/dev/null 2>&1; then jdk=openjdk-17-jdk-headless; fi
  packages=
  for tool in $missing; do
    case $tool in
      jdk) packages="$packages $jdk" ;;
      *) packages="$packages $tool" ;;
    esac
  done
  # shellcheck disable=SC2086 # packages are words
  quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages
}

other_install() { # NAME-OF-JDK COMMAND...
  jdk=$1
  shift
  packages=
  for tool in $missing; do
    case $tool in
      jdk) packages="$packages $jdk" ;;
      *) packages="$packages $tool" ;;
    esac
  done
  # shellcheck disable=SC2086 # packages are words
  quietly "$@" $packages
}

missing=
find_jdk || missing="$missing jdk"
have mvn || missing="$missing maven"
if [ $mode = test ] && ! have tmux; then missing="$missing tmux"; fi
if [ $mode = test ] && ! have chromium && ! have chromium-browser && ! have google-chrome; then
  missing="$missing chromium"
fi
missing=${missing# }

if [ -n "$missing" ]; then
  if [ "$(uname -s)" = Darwin ]; then
    fail "missing: $missing; get them with: brew install openjdk@17 maven tmux; brew install --cask chromium"
  fi
  if [ "$(id -u)" -eq 0 ]; then
    become_root=
  elif ! have sudo; then
    fail "missing: $missing; run this as root, or install them yourself"
  elif [ -t 0 ]; then
    become_root=sudo
  else
    become_root='sudo -n' # nobody is there to type a password
  fi
  say "getting: $missing"
  if have apt-get; then
    apt_install
  elif have dnf; then
    other_install java-17-openjdk-devel dnf install -y
  elif have pacman; then
    other_install jdk17-openjdk pacman -S --noconfirm --needed
  else
    fail "missing: $missing; no apt-get, dnf or pacman here, so install them yourself"
  fi || fail "could not get: $missing (see above); install them yourself and run this again"
  find_jdk || fail "no JDK $least or newer, even after installing one; set JAVA_HOME to one"
  have mvn || fail "no mvn on PATH, even after installing maven"
fi

if [ $mode = test ]; then
  exec mvn -B verify
fi

built=cli/target/kvctl
# A folder counts too: it becomes newer when a file in it is deleted.
if [ ! -x $built ] || [ -n "$(find pom.xml .mvn ./*/pom.xml ./*/src -newer $built | head -n 1)" ]; then
  say "building (the first time, Maven fetches libraries; a few minutes at most)"
  mvn -B -q -DskipTests package || fail "the build failed, see above"
fi

bin=$prefix/bin
mkdir -p "$bin" || fail "cannot make the folder $bin"
fresh_one=no
if ! cmp -s $built "$bin/kvctl"; then
  fresh=$(mktemp "$bin/.kvctl.XXXXXX") || fail "cannot write to $bin"
  trap 'rm -f "$fresh"' EXIT
  { cp $built "$fresh" && chmod 755 "$fresh" && mv -f "$fresh" "$bin/kvctl"; } || fail "cannot write $bin/kvctl"
  trap - EXIT
  fresh_one=yes
fi
say "installed $bin/kvctl"
if [ $fresh_one = yes ] && ! "$bin/kvctl" setup >/dev/null 2>&1; then
  say "no start archives could be made: kvctl works without them, only starts slower"
fi

case :${PATH:-}: in
  *":$bin:"*) ;;
  *) say "not on your PATH yet; add this to your shell's profile: export PATH=\"$bin:\$PATH\"" ;;
esac
