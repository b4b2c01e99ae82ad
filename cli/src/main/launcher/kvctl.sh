#!/bin/sh
# kvctl: this script with the jar behind it. It runs as a command and by `java -jar` alike.
#   KVCTL_JAVA       the java to use; otherwise JAVA_HOME, PATH and the usual folders, whichever first is 17 or newer
#   KVCTL_JAVA_OPTS  more options for it, put last, so they win
least=17

fail() {
  printf 'kvctl: %s\n' "$1" >&2
  exit 127
}

# Sets release to the major version of the java given, or to nothing. Reads the JDK's own "release" file,
# because asking java itself would start a second JVM on every call.
release_of() {
  release="" home=$1
  [ -x "$home" ] || return 0
  if [ -h "$home" ]; then home=$(readlink -f "$home" 2>/dev/null) || home=$1; fi
  home=${home%/bin/java}
  if [ -r "$home/release" ]; then
    while IFS='=' read -r key value; do
      if [ "$key" = JAVA_VERSION ]; then release=${value#\"}; break; fi
    done <"$home/release"
  fi
  if [ -z "$release" ]; then
    release=$("$1" -version 2>&1) || { release=""; return 0; }
    release=${release#*version \"}
  fi
  full=${release%%\"*}
  release=${release#1.} # Java 8 called itself 1.8
  release=${release%%[!0-9]*}
}

self=$0
case $self in
  */*) ;;
  *) self=$(command -v -- "$self") || fail "cannot find my own file; call me by a path" ;;
esac

java="" seen=""
if [ -n "${KVCTL_JAVA:-}" ]; then
  release_of "$KVCTL_JAVA"
  [ -n "$release" ] || fail "KVCTL_JAVA=$KVCTL_JAVA is not a java command; unset it or point it to one"
  [ "$release" -ge "$least" ] ||
    fail "KVCTL_JAVA=$KVCTL_JAVA is Java $release, needs $least or newer; unset it or point it to a newer one"
  java=$KVCTL_JAVA
else
  for each in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java)" \
    /usr/lib/jvm/*/bin/java /Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java \
    /opt/homebrew/opt/openjdk*/bin/java; do
    release_of "$each"
    [ -n "$release" ] || continue
    if [ "$release" -ge "$least" ]; then java=$each; break; fi
    seen="$seen $release"
  done
  [ -n "$java" ] || fail "needs Java $least or newer, found ${seen:+only Java$seen}${seen:-none}; \
install one (Debian, Ubuntu: sudo apt install openjdk-17-jre-headless) or set KVCTL_JAVA"
fi

# Which standard streams are terminals is known here for certain, and in Java 17 only by native code.
tty=
[ -t 0 ] && tty=0
[ -t 1 ] && tty=${tty}1
[ -t 2 ] && tty=${tty}2

# A command lives for a blink: start fast and stay small. What computes for long gets the full compiler and heap.
flags="-XX:TieredStopAtLevel=1 -Xmx128m"
for each in "$@"; do
  case $each in
    run | bench | simulate | check | verify | nemesis) flags= ;;
  esac
done

# Classes that `kvctl setup` prepared for this jar and this Java; older than the jar, they are of another one.
case $self in
  /*) jar=$self ;;
  *) jar=$PWD/$self ;;
esac
archive=${XDG_CACHE_HOME:-${HOME:-}/.cache}/kvctl$jar/command-$full.jsa
[ "$archive" -nt "$jar" ] || archive=

# Data verbs are all there is to some processes: without a manifest to obey, Java starts a little sooner.
case ${1:-} in
  get | put | append | delete | cas | scan) set -- -cp "$self" kvctl.cli.Main "$@" ;;
  *) set -- -jar "$self" "$@" ;;
esac

# shellcheck disable=SC2086 # options are words
exec "$java" -XX:+UseSerialGC -Xss512k -XX:-UsePerfData -Xshare:auto $flags \
  ${archive:+"-XX:SharedArchiveFile=$archive"} -Dkvctl.tty=$tty ${KVCTL_JAVA_OPTS:-} "$@"
