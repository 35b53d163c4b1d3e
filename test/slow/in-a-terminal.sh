#!/bin/sh
# Runs a command in a terminal so many columns wide: in-a-terminal.sh COLUMNS COMMAND...
columns=$1
shift
line="stty cols $columns rows 24;"
for word in "$@"; do line="$line '$word'"; done
exec script -qec "$line" /dev/null
