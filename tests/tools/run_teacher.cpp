// ceir run --teacher: a second model, with pictures and texts prepared in its own way, says what the first one's concepts mean.
#include <doctest/doctest.h>

#include "models/clip.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/tools/process.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// A supervised residual network: other preprocessing than the built-in model's, other feature width, no text tower.
std::string backbone(const TempFolder& folder, uint64_t seed) {
  ClipConfig c;
  c.image = ImageTowerConfig{};
  c.image->kind = ImageTowerKind::resnet;
  c.image->image_size = 40;
  c.image->stages = {1, 1, 1, 1};
  c.image->tower.width = 4;
  c.projection = 128;
  const std::string path = folder / ("backbone" + std::to_string(seed));
  Clip::create(c, seed)->save(path);
  return path;
}

std::vector<std::string> run_with(const std::string& model, const std::string& out, std::vector<std::string> more = {}) {
  std::vector<std::string> line{"run", "scenes:64", "--seed", "7", "--set", "vae.epochs=3", "--set", "cbm.steps=50", "--set", "cbm.cutoff=-1", "--model", model, "--out", out};
  line.insert(line.end(), more.begin(), more.end());
  return line;
}

std::string hash_in(const std::string& run, const char* which) {
  const Json receipt = Json::read(run + "/run.json");
  return receipt.at(which, "run.json").at("sha256", "run.json").as_string("sha256");
}

}  // namespace

TEST_CASE("run --teacher: a ResNet's features under the built-in CLIP's concepts; the receipt names both; resuming tells them apart") {
  const TempFolder folder;
  const std::string a = backbone(folder, 1), b = backbone(folder, 2), run = folder / "run", concepts = folder / "concepts.txt";
  write_file(concepts, "red barn\nblue pond\ngreen tree\nsnow\nnight\nyellow boat\n");
  const Finished alone = ceir_process(run_with(a, folder / "alone", {"--concepts", concepts}));
  CHECK(alone.code == 3);
  CHECK(alone.err.find("name a whole CLIP with --teacher") != std::string::npos);

  const std::vector<std::string> teacher{"--teacher", "nano", "--concepts", concepts};
  const Finished first = ceir_process(run_with(a, run, teacher));
  REQUIRE_MESSAGE(first.code == 0, first.err);
  const auto student = Clip::open(a), nano = Clip::open("nano");
  CHECK(hash_in(run, "model") == student->content_hash());
  CHECK(hash_in(run, "teacher") == nano->content_hash());
  CHECK(read_npy(run + "/features.npy").dim(1) == 128);
  const std::string cosines = read_text_file(run + "/teacher.npy"), features = read_text_file(run + "/features.npy");

  const Finished second = ceir_process(run_with(b, run, teacher));   // another student: the teacher's part stands
  REQUIRE_MESSAGE(second.code == 0, second.err);
  CHECK(hash_in(run, "model") == Clip::open(b)->content_hash());
  CHECK(read_text_file(run + "/teacher.npy") == cosines);
  CHECK(read_text_file(run + "/features.npy") != features);

  const Finished own = ceir_process(run_with("nano", run, {"--concepts", concepts}));   // the teacher is the student again
  REQUIRE_MESSAGE(own.code == 0, own.err);
  CHECK(hash_in(run, "teacher") == hash_in(run, "model"));
  CHECK(read_text_file(run + "/teacher.npy") == cosines);   // the same pictures, texts and teacher
}
