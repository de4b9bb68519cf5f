// The list of tables: each once, each with a reference that runs anywhere.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
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

TEST_CASE("tables: every operation tells the shape of its arguments, for --verbose") {
  for (const TableBase* table : all_tables()) {
    INFO(std::string(table->op()), " needs a shape_of() beside its struct (kernels/base/profile.h)");
    CHECK(table->tells_shape());
  }
}

TEST_CASE("tables: where there is more than the reference, a test names the table and walks its variants") {
  std::string sources;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(CEIR_SOURCE_DIR) + "/tests")) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    sources += text.str();
  }
  for (const TableBase* table : all_tables()) {
    if (table->variant_names().size() < 2) continue;
    std::string name = table->op();  // "softmax.f64" is softmax_f64_variants
    if (name.starts_with("peak") || name == "vae_step") continue;  // measures the machine; queues kernels (tests/emulator/graph.cpp): neither computes
    if (const auto dot = name.find('.'); dot != std::string::npos) name[dot] = '_';
    CAPTURE(name);
    CHECK(sources.find(name + "_variants") != std::string::npos);
  }
}
