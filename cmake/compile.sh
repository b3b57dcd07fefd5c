#!/usr/bin/env bash
# Compiler launcher: ccache that hits across checkouts. Usage: compile.sh SOURCE_DIR BUILD_DIR COMPILER ARGUMENT…
#
# A precompiled header holds absolute paths, so its bytes differ from checkout to checkout. Beside each one stands
# <header>.pch.sum, a digest of its preprocessed text, which ccache takes instead (CCACHE_PCH_EXTSUM). Paths of this checkout
# become relative, so that commands are the same everywhere.
set -euo pipefail
source=$1 build=$2
shift 2
up=$(realpath --relative-to "$build" "$source")

arguments=()
emits_pch=""
for argument in "$@"; do
  argument=${argument//"$build/"/}
  case "$argument" in
    -ffile-prefix-map=*) ;;
    *) argument=${argument//"$source/"/"$up/"} ;;
  esac
  [ "$argument" != -emit-pch ] || emits_pch=yes
  arguments+=("$argument")
done

export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_BASEDIR=$source CCACHE_PCH_EXTSUM=1
[ -n "$emits_pch" ] || exec ccache "${arguments[@]}"

"${arguments[@]}"
preprocess=()
output=""
for ((i = 0; i < ${#arguments[@]}; i++)); do
  case "${arguments[i]}" in
    -o) output=${arguments[i + 1]}; i=$((i + 1)) ;;
    -Xclang) if [ "${arguments[i + 1]}" = -emit-pch ]; then i=$((i + 1)); else preprocess+=("${arguments[i]}"); fi ;;
    -MD | -MT | -MF) [ "${arguments[i]}" = -MD ] || i=$((i + 1)) ;;
    *) preprocess+=("${arguments[i]}") ;;
  esac
done
"${preprocess[@]}" -E -P -o - | sha256sum >"$output.sum"
