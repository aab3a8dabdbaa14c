#!/bin/sh
# usage: packaging/manual.sh PROGRAM: the manual page sluice(1), from the program's own help.
set -eu
program=$1

# Help text as it stands: roff would take a backslash, and a dot or quote at the start of a line.
verbatim() {
  echo .nf
  "$program" "$@" --help | sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\\&&/"
  echo .fi
}

echo ".TH SLUICE 1 \"\" \"$("$program" --version)\""
echo '.SH NAME'
echo 'sluice \- Delta Sharing server'
echo '.SH SYNOPSIS'
verbatim
for command in serve 'config check' 'config show' 'table check' health; do
  echo ".SH $(echo "$command" | tr a-z A-Z)"
  # shellcheck disable=SC2086  # two words
  verbatim $command
done
echo '.SH FILES'
echo '.TP'
echo '/etc/sluice/sluice.yaml'
echo 'What the service shares, and its settings.'
echo '.TP'
echo '/var/lib/sluice'
echo 'Its keys, tokens and records.'
