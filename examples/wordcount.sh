#!/bin/sh
# Counts the words of a text inside a cluster: prints a script that stores each line, appends one stroke per word, and
# at its end expects the right number of strokes. A lost append is a stroke too few, a repeated one a stroke too many.
#   ./wordcount.sh book.txt | kvctl          wordcount.kv was made from wordcount.txt
exec awk '
  function split_words(line) { line = tolower(line); gsub(/\047/, "", line); return split(line, words, /[^a-z0-9]+/) }
  BEGIN { print "# Made by wordcount.sh: lines as puts, words as appends of one stroke each, then what must be there." }
  {
    lines[NR] = $0
    n = split_words($0)
    for (i = 1; i <= n; i++) if (words[i] != "") {
      if (!(words[i] in strokes)) { order[++distinct] = words[i]; print "put word:" words[i] " \"\"" }
      strokes[words[i]] = strokes[words[i]] "I"
    }
  }
  END {
    for (l = 1; l <= NR; l++) if (lines[l] != "") {
      quoted = lines[l]
      gsub(/[\\"]/, "\\\\&", quoted)
      printf "put line:%04d \"%s\"\n", l, quoted
      n = split_words(lines[l])
      for (i = 1; i <= n; i++) if (words[i] != "") print "append word:" words[i] " I"
    }
    for (d = 1; d <= distinct; d++) print "expect get word:" order[d] " " strokes[order[d]]
  }' "$@"
