#!/usr/bin/env bash
# scripts/examples/report.dcs on small volumes: a table, a CSV, plots, and exit 1 where a row got worse; reports are well-formed pages.
. "$(dirname "$0")/common.bash"
expect "evaluation data" 0 "" "$dcs" "$root/Tests/Program/evaluation.dcs" "$scratch"
expect "report finds what failed" 1 "1 of 3 got worse or failed: missing" "$dcs" "$root/scripts/examples/report.dcs" --pairs "$scratch/evaluation.csv" --out "$scratch/report"
expect "report passes" 0 "good" "$dcs" "$root/scripts/examples/report.dcs" --pairs "$scratch/passing.csv" --out "$scratch/passing"
expect "scores as CSV" 0 'name,f1,jaccard,voi,delta,error' head -1 "$scratch/report/scores.csv"
expect "bars as PNG" 0 "PNG" head -c 4 "$scratch/report/f1.png"
expect "points as SVG" 0 "</svg>" tail -1 "$scratch/report/f1_voi.svg"
expect "a page" 0 "" "$dcs" -e "import report; report.scores(\"$scratch/page.html\", read_csv(\"$scratch/report/scores.csv\"), title=\"A & B <c>\")"
expect "title in markup" 0 "<h1>A &amp; B &lt;c&gt;</h1>" cat "$scratch/page.html"
expect "plot inside the page" 0 "<svg xmlns" cat "$scratch/page.html"
if grep -qE 'src="[^d]|href="http|<script' "$scratch/page.html"; then bad "the page needs something from outside"; else ok; fi
finish
