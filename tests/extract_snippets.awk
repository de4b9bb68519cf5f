# A page of docs/ to a test: every ```cpp block becomes a TEST_CASE, its #include lines move to the top.
# awk -v page=docs/05-vae.md -v name=05-vae -f extract_snippets.awk docs/05-vae.md; prints nothing for a page without one.
/^```/ {
  if (inside) { body = body "}\n"; inside = 0 }
  else if ($0 == "```cpp") {
    inside = 1
    blocks++
    body = body "\nTEST_CASE(\"docs/" name (blocks > 1 ? ", snippet " blocks : "") "\") {\n  using namespace ceir;\n#line " (NR + 1) " \"" page "\"\n"
  }
  next
}
inside && /^#include/ { includes = includes $0 "\n"; body = body "\n"; next }  # the empty line keeps the page's line numbers
inside { body = body $0 "\n" }
END {
  if (inside) { print "extract_snippets: " page ": a ```cpp block without an end" > "/dev/stderr"; exit 1 }
  if (blocks) printf "// Made from %s by tests/extract_snippets.awk.\n#include <doctest/doctest.h>\n%s%s", page, includes, body
}
