// Every differentiable operation against central differences in double.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tensor/tape.h"
#include "tests/tensor/op_rows.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("gradients: every row agrees with differences to 1e-6") {
  for (const OpRow& row : all_op_rows()) {
    CAPTURE(row.operation);
    CAPTURE(row.what);
    const GradCheck check = check_gradients(row.function, row.inputs, row.step);
    CAPTURE(check.worst);
    CHECK(check.error <= 1e-6);
  }
}

TEST_CASE("gradients: a row exercises the operation it is named after") {
  for (const OpRow& row : all_op_rows()) {
    std::vector<Tensor> leaves = row.inputs;
    for (Tensor& x : leaves) x.track();
    Tape tape;
    row.function(leaves);
    const auto names = tape.operations();
    CAPTURE(row.operation);
    CHECK(std::find(names.begin(), names.end(), row.operation) != names.end());
  }
}

// Names in record("NAME", ...) of the sources, and the unary functions, which are recorded under their own names.
static std::set<std::string> operations_in_sources() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(CEIR_SOURCE_DIR) + "/tensor/ops")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string s = text.str(), call = "record(\"";
    for (size_t at = s.find(call); at != std::string::npos; at = s.find(call, at + 1)) {
      const size_t begin = at + call.size();
      names.insert(s.substr(begin, s.find('"', begin) - begin));
    }
  }
  for (int f = 1; f <= static_cast<int>(Unary::quick_gelu); f++) names.insert(name_of(static_cast<Unary>(f)));
  return names;
}

TEST_CASE("gradients: every operation of tensor/ops has a row") {
  std::set<std::string> rows;
  for (const OpRow& row : all_op_rows()) rows.insert(row.operation);
  const auto sources = operations_in_sources();
  CHECK(sources.size() >= 30);
  for (const std::string& name : sources) {
    CAPTURE(name);
    CHECK(rows.count(name) == 1);
  }
}

TEST_CASE("gradients: walking the rows records every operation, and nothing that the sources hide") {
  std::set<std::string> recorded;
  for (const OpRow& row : all_op_rows()) {
    std::vector<Tensor> leaves = row.inputs;
    for (Tensor& x : leaves) x.track();
    Tape tape;
    row.function(leaves);
    for (const std::string& name : tape.operations()) recorded.insert(name);
  }
  CHECK(recorded == operations_in_sources());
  const auto process_wide = operations_recorded();
  for (const std::string& name : recorded) CHECK(std::count(process_wide.begin(), process_wide.end(), name) == 1);
}

TEST_CASE("gradients: a wrong gradient is noticed") {
  const auto wrong = [](const std::vector<Tensor>& v) {
    const Tensor y = v[0].clone();
    return record("test_identity", y, {v[0]}, [](const Tensor& dy) { return std::vector<Tensor>{scale(dy, 1.00001)}; });
  };
  CHECK(check_gradients(wrong, {drawn({3}, 1)}).error > 1e-6);
}
