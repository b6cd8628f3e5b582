#!/bin/sh
# Renders the demo film into demo.mp4 in the current folder, and says what to
# do with it. The second time everything is cached.
#
#   deploy/demo.sh bin/artdag
set -eu

artdag=${1:?"usage: deploy/demo.sh ARTDAG"}
folder=$(dirname "$(dirname "$0")")
recipe=$folder/examples/title/title.yaml
film=demo.mp4

echo "artdag renders a title sequence out of nothing: $recipe"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
began=$(date +%s.%N)
# Progress goes to the terminal, the report is read below.
"$artdag" run "$recipe" -o "$film" >"$report" || { code=$?; cat "$report"; exit "$code"; }
took=$(date +%s.%N | awk -v began="$began" '{ printf "%.2f", $1 - began }')

cat "$report"
echo
echo "The film is $PWD/$film"
player=""
for name in mpv ffplay xdg-open; do
	if command -v "$name" >/dev/null 2>&1; then
		player=$name
		break
	fi
done
case $player in
"") echo "Any player or browser plays it." ;;
ffplay) echo "Play it:  ffplay -autoexit $film" ;;
*) echo "Play it:  $player $film" ;;
esac
if grep -q ' 0 executed' "$report"; then
	echo "Everything was cached: nothing was executed, and the whole took $took s."
else
	echo "Run it again: everything will be cached. Or change something:"
	echo "  $artdag run $recipe -p title='my farm' -o mine.mp4"
fi
