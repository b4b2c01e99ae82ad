#!/bin/sh
# Builds kvctl; with --test also runs every check.
set -eu
cd "$(dirname "$0")"
case "${1:-}" in
  --test) exec mvn -B verify ;;
  *) exec mvn -B -q -DskipTests package ;;
esac
