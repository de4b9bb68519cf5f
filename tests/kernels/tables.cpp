// The list of tables: each once, each with a reference that runs anywhere.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "kernels/base/table.h"

using namespace ceir;

TEST_CASE("tables: every operation is listed once, and its last variant is the reference") {
  std::set<std::string> names;
  for (const TableBase* table : all_tables()) {
    CAPTURE(std::string(table->op()));
    CHECK(names.insert(table->op()).second);
    REQUIRE_FALSE(table->variant_names().empty());
    CHECK(std::string(table->variant_names().back()) == "ref");
    std::set<std::string> variants;
    for (const char* v : table->variant_names()) CHECK(variants.insert(v).second);
  }
}
