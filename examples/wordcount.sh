#!/bin/sh
# Counts the words of a text inside a cluster: prints a script that stores each line, appends one stroke per word, and at
# its end expects the right number of strokes. A lost append is a stroke too few, a repeated one a stroke too many.
#   ./wordcount.sh book.txt | kvctl          wordcount.kv was made from wordcount.txt
exec awk '
  BEGIN { print "# Made by wordcount.sh: lines as puts, words as appends of one stroke each, then what must be there." }
  {
    gsub(/\047/, "")                       # "God\047s" is one word, and quotes would end the quoted line
    lines[NR] = $0
    n = split(tolower($0), words, /[^a-z0-9]+/)
    for (i = 1; i <= n; i++) if (words[i] != "") {
      if (!(words[i] in strokes)) { order[++distinct] = words[i]; print "put word:" words[i] " \047\047" }
      strokes[words[i]] = strokes[words[i]] "I"
    }
  }
  END {
    for (l = 1; l <= NR; l++) if (lines[l] != "") {
      printf "put line:%04d \047%s\047\n", l, lines[l]
      n = split(tolower(lines[l]), words, /[^a-z0-9]+/)
      for (i = 1; i <= n; i++) if (words[i] != "") print "append word:" words[i] " I"
    }
    for (d = 1; d <= distinct; d++) print "expect get word:" order[d] " " strokes[order[d]]
  }' "$@"
