#!/bin/sh
# Brings Logpoints to the state of a file in version control, without a terminal.
#
#   STIXTAXII_DIRECTOR_TOKEN  API token of Director Console ("Always Active", one for each pipeline)
#   FLEET                     the desired state (default fleet.yaml); its director: has token: { env: STIXTAXII_DIRECTOR_TOKEN }
#   STATE                     kept from run to run, with STATE.journal beside it (default state/state.json)
#   STIXTAXII                 the program (default stixtaxii)
#
# Results: plan.json, apply.json. Ends with the exit status of the step that failed (stixtaxii help exit-codes).
set -u

FLEET=${FLEET:-fleet.yaml}
STATE=${STATE:-state/state.json}
STIXTAXII=${STIXTAXII:-stixtaxii}

: "${STIXTAXII_DIRECTOR_TOKEN:?is not set: the API token of Director Console}"
export STIXTAXII_DIRECTOR_TOKEN
umask 077
mkdir -p "$(dirname "$STATE")"
# Caches and artifacts do not always keep the mode; files that others can read are refused.
for file in "$STATE" "$STATE.journal"; do
  if [ -f "$file" ]; then chmod 600 "$file"; fi
done

run() {
  # Split on purpose: STIXTAXII may be "node bin/stixtaxii.js".
  # shellcheck disable=SC2086
  $STIXTAXII "$@" --state "$STATE" --no-input -q -o json
}

run plan -f "$FLEET" --out fleet.plan --exit-code > plan.json
status=$?
case $status in
  0) echo "Nothing to do." ;;
  8) echo "There are changes; plan.json has them." ;;
  12) echo "Some Logpoints cannot be planned; plan.json says why. The others go on." >&2 ;;
  *) echo "The plan failed ($status)." >&2; exit $status ;;
esac

if [ $status -eq 0 ]; then
  # Also settles what an interrupted run left open.
  run apply -f "$FLEET" --yes > apply.json
else
  run apply --plan fleet.plan --yes > apply.json
fi
status=$?
case $status in
  0) echo "Every Logpoint is as the file says." ;;
  8) echo "Some orders are still running; the next run looks at them first." >&2 ;;
  12) echo "Some Logpoints failed; apply.json says which. The next run touches only these." >&2 ;;
  *) echo "The apply failed ($status)." >&2 ;;
esac
[ $status -eq 0 ] || exit $status

# What is there now is what was asked for.
run drift -f "$FLEET" --exit-code > drift.json
