// Every golden case through the comparison that `ceir doctor --parity` shows; and what it says of a case that is off.
#include "models/parity.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "models/clip.h"
#include "tensor/io/npy.h"
#include "tests/scratch.h"
#include "tests/shared_dir.h"
#include "tests/tools/process.h"

using namespace ceir;
using namespace ceir::test;

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> cases() {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(shared_dir() / "golden/clip"))
    if (fs::exists(entry.path() / "case.json")) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

// A case that can be taken apart.
std::string copy_of(const fs::path& folder, const TempFolder& into) {
  const std::string to = into / "case";
  fs::copy(folder, to, fs::copy_options::recursive);
  return to;
}

// Some Hugging Face case with both towers and a tokenizer.
fs::path some_case() {
  for (const fs::path& folder : cases())
    if (fs::exists(folder / "end_to_end") && Json::read((folder / "case.json").string()).get("layout", "", "case.json") == "hugging face clip") return folder;
  return {};
}

}  // namespace

TEST_CASE("parity: every golden case agrees in every step, in f32 and f64") {
  if (!have_shared("golden/clip")) return;
  REQUIRE(!cases().empty());
  int64_t models = 0;
  for (const fs::path& folder : cases()) {
    const bool model = fs::exists(folder / "inputs");
    for (const DType dtype : {DType::f32, DType::f64}) {
      if (!model && dtype == DType::f64) continue;
      const ParityReport report = check_parity(folder.string(), {.dtype = dtype});
      INFO(report.text());
      CHECK(report.first_difference() == nullptr);
      CHECK(report.steps.size() > 0);
      for (const ParityStep& s : report.steps) CHECK_MESSAGE(s.compared, s.name);
      models += model;
    }
  }
  CHECK(models > 0);
}

TEST_CASE("parity: the first step that is off is named with its size, and the command ends with 3") {
  if (!have_shared("golden/clip") || some_case().empty()) return;
  const TempFolder folder;
  const std::string copy = copy_of(some_case(), folder);
  fs::path step;
  for (const auto& entry : fs::directory_iterator(copy + "/expected"))
    if (entry.path().filename().string().starts_with("step_02_")) step = entry.path();
  REQUIRE(!step.empty());
  Tensor changed = read_npy(step.string()).clone();
  double largest = 0;
  for (const double v : changed.values()) largest = std::max(largest, std::abs(v));
  changed.data<float>()[0] += static_cast<float>(0.01 * largest);
  write_npy(step.string(), changed);
  const ParityReport report = check_parity(copy);
  REQUIRE(report.first_difference() != nullptr);
  const std::string name = step.stem().string().substr(8);
  CHECK(report.first_difference()->name == "image " + name);
  CHECK(report.first_difference()->difference == doctest::Approx(0.01).epsilon(0.02));
  CHECK(report.text().find("first to differ: image " + name) != std::string::npos);
  const Finished f = ceir_process({"doctor", "--parity", copy, "--quiet"});
  CHECK(f.code == 3);
  CHECK(one_sentence(f.err));
  CHECK(f.err.find(name) != std::string::npos);
  const Finished json = ceir_process({"doctor", "--parity", copy, "--json", "--quiet"});
  CHECK(json.code == 3);
  CHECK(Json::parse(json.out, "stdout").at("first_difference", "stdout").as_string("stdout") == "image " + name);
}

TEST_CASE("parity: a case that names its model elsewhere, and has a model without a tokenizer") {
  if (!have_shared("golden/clip") || some_case().empty()) return;
  const TempFolder folder;
  const std::string copy = copy_of(some_case(), folder);
  fs::create_directories(folder / "model");
  for (const auto& entry : fs::directory_iterator(copy))
    if (entry.is_regular_file() && entry.path().filename() != "case.json") fs::rename(entry.path(), fs::path(folder / "model") / entry.path().filename());
  folder.write("case/case.json", Json::read(copy + "/case.json").set("model_name", folder / "model").dump());
  const auto texts = [](const ParityReport& r) { return std::ranges::find(r.steps, "texts to token ids", &ParityStep::name); };
  ParityReport report = check_parity(copy);
  CHECK(report.first_difference() == nullptr);
  REQUIRE(texts(report) != report.steps.end());
  CHECK(texts(report)->compared);
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt"}) fs::remove(fs::path(folder / "model") / name);
  report = check_parity(copy);
  CHECK(report.first_difference() == nullptr);
  REQUIRE(texts(report) != report.steps.end());
  CHECK(!texts(report)->compared);
  CHECK(texts(report)->note.find("no tokenizer there") != std::string::npos);
}

TEST_CASE("parity: arrays of another shape, wrong token ids and steps nobody knows") {
  if (!have_shared("golden/clip") || some_case().empty()) return;
  const TempFolder folder;
  const std::string copy = copy_of(some_case(), folder);
  write_npy(copy + "/expected/step_90_something_else.npy", Tensor::zeros({2, 2}));
  CHECK(check_parity(copy).first_difference() == nullptr);  // a step that this program does not have is no mistake
  write_npy(copy + "/expected/image_embeds.npy", Tensor::zeros({1, 2}));
  const ParityReport shape = check_parity(copy);
  REQUIRE(shape.first_difference() != nullptr);
  CHECK(shape.first_difference()->name == "image_embeds");
  CHECK(shape.first_difference()->note.find("expected (1, 2)") != std::string::npos);
  Tensor ids = read_npy(copy + "/inputs/input_ids.npy").clone();
  ids.data<int64_t>()[1]++;
  write_npy(copy + "/inputs/input_ids.npy", ids);
  CHECK(check_parity(copy).first_difference()->name == "texts to token ids");
}

TEST_CASE("parity: what is no case is refused") {
  const TempFolder folder;
  check_error(ErrorKind::bad_input, "not a folder", [&] { check_parity(folder / "absent"); });
  check_error(ErrorKind::bad_input, "not a case", [&] { check_parity(folder.str()); });
  folder.write("case.json", R"({"pictures": [{"image": "../../etc/passwd", "expected": {}}]})");
  check_error(ErrorKind::bad_input, "outside", [&] { check_parity(folder.str()); });
  folder.write("case.json", "[]");
  check_error(ErrorKind::bad_input, "object", [&] { check_parity(folder.str()); });
}

TEST_CASE("doctor: what the machine has, for people and as JSON") {
  const Finished text = ceir_process({"doctor"});
  CHECK(text.code == 0);
  for (const char* section : {"processor", "memory", "kernels", "libraries", "cache"}) CHECK(text.out.find(section) != std::string::npos);
  const Finished json = ceir_process({"doctor", "--json"});
  CHECK(json.code == 0);
  const Json facts = Json::parse(json.out, "stdout");
  CHECK(facts.at("kernels", "stdout").has("gemm"));
  CHECK(facts.at("libraries", "stdout").has("libcuda"));
  CHECK(ceir_process({"doctor", "--model", "nano"}).code == 2);
}
