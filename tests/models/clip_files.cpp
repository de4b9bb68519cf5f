// Models on disk: saved and opened again, found by every kind of name, and refused with a reason when they do not fit.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "kernels/base/closest.h"
#include "models/model_source.h"
#include "models/open_clip_config.h"
#include "tensor/io/file.h"
#include "tensor/storage.h"
#include "tests/models/tiny_clip.h"
#include "weights/name_map.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {

struct Variable {   // an environment variable while it lives
  std::string name, before;
  bool was_set;
  Variable(const char* n, const std::string& value) : name(n), was_set(std::getenv(n) != nullptr) {
    if (was_set) before = std::getenv(n);
    ::setenv(n, value.c_str(), 1);
  }
  ~Variable() { was_set ? ::setenv(name.c_str(), before.c_str(), 1) : ::unsetenv(name.c_str()); }
};

// Changes the tensors of a saved model and writes them back.
template <class Change>
void rewrite(const std::string& folder, const Change& change) {
  NamedTensors tensors;
  {
    const SafetensorsFile file(folder + "/model.safetensors");
    for (const TensorInfo& info : file.tensors()) tensors.emplace_back(info.name, file.tensor(info.name).clone());
  }
  change(tensors);
  write_safetensors(folder + "/model.safetensors", tensors);
}

Tensor& named(NamedTensors& tensors, const std::string& name) {
  for (auto& [n, t] : tensors)
    if (n == name) return t;
  throw std::runtime_error("no tensor " + name);
}

std::string refusal(const std::string& model, ErrorKind kind = ErrorKind::bad_input) {
  try {
    Clip::open(model);
  } catch (const Error& e) {
    CHECK(e.kind() == kind);
    CHECK(std::string(e.what()).find('\n') == std::string::npos);
    return e.what();
  }
  FAIL_CHECK("accepted: ", model);
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("clip files: a tower's weights are read when it is first used, by whichever thread, and the file may go after both") {
  const TemporaryFolder folder;
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 9);
  clip->save(folder.path + "/m");
  const Tensor pixels = drawn_pixels(config, 1);
  const std::vector<std::vector<int64_t>> ids{{58, 3, 4, 59}};
  const Tensor image = clip->image_features(pixels), text = clip->text_features(ids);
  const int64_t before = memory_account().live_bytes;
  const auto lazy = Clip::open(folder.path + "/m");
  const int64_t opened = memory_account().live_bytes - before;
  CHECK(lazy->image_features(pixels).values() == image.values());
  const int64_t with_image = memory_account().live_bytes - before;
  lazy->load_text();
  const int64_t with_both = memory_account().live_bytes - before;
  CHECK(opened < 1024);   // two scalars
  CHECK(with_image > 10 * 1024);
  CHECK(with_both > with_image + 10 * 1024);
  std::filesystem::remove_all(folder.path + "/m");
  CHECK(lazy->text_features(ids).values() == text.values());
  CHECK(lazy->content_hash() == clip->content_hash());

  clip->save(folder.path + "/n");
  const auto shared = Clip::open(folder.path + "/n");
  std::vector<std::vector<double>> images(4), texts(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; t++)
    threads.emplace_back([&, t] {
      images[t] = shared->image_features(pixels).values();
      texts[t] = shared->text_features(ids).values();
    });
  for (std::thread& t : threads) t.join();
  for (size_t t = 0; t < 4; t++) CHECK((images[t] == image.values() && texts[t] == text.values()));
}

TEST_CASE("clip files: saved in f32 and opened again it is the same model; in f16 it is close") {
  const TemporaryFolder folder;
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 9);
  clip->save(folder.path + "/m", DType::f32, {{"note.txt", "hello"}});
  CHECK(read_text_file(folder.path + "/m/note.txt") == "hello");
  const auto again = Clip::open(folder.path + "/m");
  CHECK(again->content_hash() == clip->content_hash());
  const Tensor pixels = drawn_pixels(config, 2);
  CHECK(again->image_features(pixels).values() == clip->image_features(pixels).values());
  CHECK(again->logit_scale_factor() == doctest::Approx(std::exp(2.6592)).epsilon(1e-6));
  CHECK(Clip::open(folder.path + "/m/model.safetensors")->content_hash() == clip->content_hash());
  clip->save(folder.path + "/half", DType::f16);
  const auto half = Clip::open(folder.path + "/half");
  CHECK(half->content_hash() != clip->content_hash());
  const std::vector<double> a = clip->image_features(pixels).values(), b = half->image_features(pixels).values();
  for (size_t i = 0; i < a.size(); i++) CHECK(std::fabs(a[i] - b[i]) < 0.02);
  CHECK_THROWS_WITH_AS(again->tokenizer(), doctest::Contains("tokenizer"), Error);
}

TEST_CASE("clip files: a tensor that is missing, unknown, of wrong shape or type is named, with the closest name") {
  const TemporaryFolder folder;
  const std::string m = folder.path;
  const auto clip = Clip::create(tiny_config(), 9);
  clip->save(m);
  rewrite(m, [](NamedTensors& t) { t.erase(t.begin() + 3); });
  CHECK(contains(refusal(m), "is missing"));
  clip->save(m);
  rewrite(m, [](NamedTensors& t) {
    for (auto& [name, tensor] : t)
      if (name == "visual_projection.weight") name = "visual_projektion.weight";
  });
  CHECK(contains(refusal(m), "tensor 'visual_projection.weight' is missing (closest: 'visual_projektion.weight')"));
  clip->save(m);
  rewrite(m, [](NamedTensors& t) { t.emplace_back("text_projection.weigth", Tensor::zeros({2})); });
  CHECK(contains(refusal(m), "tensor 'text_projection.weigth' has no place in this model (closest: 'text_projection.weight')"));
  clip->save(m);
  rewrite(m, [](NamedTensors& t) { named(t, "visual_projection.weight") = Tensor::zeros({36, 24}); });
  CHECK(contains(refusal(m), "has shape (36, 24), expected (24, 36)"));
  clip->save(m);
  rewrite(m, [](NamedTensors& t) { named(t, "text_projection.weight") = Tensor::zeros({24, 20}, DType::i32); });
  CHECK(contains(refusal(m), "'text_projection.weight' is of type I32"));
  clip->save(m);
  rewrite(m, [](NamedTensors& t) {   // integers and position ids of any type are no weights
    t.emplace_back("vision_model.embeddings.position_ids", Tensor::zeros({1, 17}, DType::i64));
    t.emplace_back("text_model.embeddings.position_ids", Tensor::zeros({1, 12}));
    t.emplace_back("num_batches_tracked", Tensor::zeros({}, DType::i64));
  });
  CHECK(Clip::open(m)->content_hash() == clip->content_hash());
}

TEST_CASE("clip files: a SigLIP is saved as Hugging Face's SiglipModel has it, and loads back equal bit for bit") {
  const TemporaryFolder folder;
  const auto clip = Clip::create(tiny_siglip_config(), 21);
  clip->freeze();
  clip->save(folder.path + "/a");
  const auto again = Clip::open(folder.path + "/a");
  CHECK(again->content_hash() == clip->content_hash());
  CHECK(again->logit_bias() == -10);
  const SafetensorsFile file(folder.path + "/a/model.safetensors");
  REQUIRE(file.find("vision_model.head.attention.in_proj_weight"));
  CHECK(file.find("vision_model.head.attention.in_proj_weight")->shape == Shape{108, 36});
  CHECK(file.find("logit_bias")->shape == Shape{1});
  CHECK(file.find("text_model.head.bias"));
  CHECK_FALSE(file.find("visual_projection.weight"));
  again->save(folder.path + "/b", std::nullopt);
  CHECK(read_text_file(folder.path + "/a/model.safetensors") == read_text_file(folder.path + "/b/model.safetensors"));
  CHECK(read_text_file(folder.path + "/a/preprocessor_config.json") == read_text_file(folder.path + "/b/preprocessor_config.json"));
  const Tensor pixels = drawn_pixels(tiny_siglip_config(), 3);
  CHECK(again->image_features(pixels).values() == clip->image_features(pixels).values());
}

TEST_CASE("clip files: a folder of open_clip's layout opens, with its text tower below text. too") {
  const TemporaryFolder folder;
  ClipConfig config = tiny_config();
  config.image->tower.activation = Unary::gelu_erf;
  config.text->eos_token_id = 2;
  config.image->tower.heads = 3;
  const auto clip = Clip::create(config, 22);
  clip->freeze();
  Json json = to_open_clip_json(config);
  write_file(folder.path + "/open_clip_config.json", json.dump());
  NamedTensors ours;
  for (auto& [name, tensor] : clip->parameters()) ours.emplace_back(name, *tensor);
  clip->freeze();
  const Tensor pixels = drawn_pixels(config, 3);
  for (const bool custom : {false, true}) {
    write_safetensors(folder.path + "/open_clip_model.safetensors", as_stored(ours, {WeightLayout::open_clip, custom}));
    for (const std::string& name : {folder.path, folder.path + "/open_clip_model.safetensors"}) {
      const auto opened = Clip::open(name);
      CHECK(opened->image_features(pixels).values() == clip->image_features(pixels).values());
      CHECK(opened->text_features({{57, 3, 59}}).values() == clip->text_features({{57, 3, 59}}).values());
      CHECK(opened->preprocess().style == PreprocessStyle::openclip);
    }
  }
  NamedTensors stored = as_stored(ours, {WeightLayout::open_clip, false});
  for (auto& [name, tensor] : stored)
    if (name == "visual.proj") name = "visual.prj";
  write_safetensors(folder.path + "/open_clip_model.safetensors", stored);
  CHECK(contains(refusal(folder.path), "tensor 'visual.proj' is missing (closest: 'visual.prj')"));
}

TEST_CASE("clip files: a folder without its parts, a pickle, and other things that are no model") {
  const TemporaryFolder folder;
  const std::string m = folder.path;
  CHECK(contains(refusal(m), "no config.json"));
  CHECK(contains(refusal(m + "/nowhere"), "no such file or folder"));
  CHECK(contains(refusal("nanno"), "did you mean 'nano'?"));
  CHECK(contains(refusal(""), "empty"));
  std::ofstream(m + "/weights.pt") << "PK";
  CHECK(contains(refusal(m + "/weights.pt"), "convert"));
  std::ofstream(m + "/notes.txt") << "hello";
  CHECK(contains(refusal(m + "/notes.txt"), "not a model"));
  std::ofstream(m + "/config.json") << "{\"model_type\": \"clip\"}";
  CHECK(contains(refusal(m), "convert"));   // only the pickle lies there
  std::ofstream(m + "/config.json") << "{\"model_type\": \"clip\"";
  CHECK(contains(refusal(m), "config.json"));
  const auto clip = Clip::create(tiny_config(), 9);
  clip->save(m);
  std::ofstream(m + "/preprocessor_config.json") << R"({"size": 20, "crop_size": 20})";
  CHECK(contains(refusal(m), "makes pictures of 20 pixels, but the model in its configuration takes 16"));
}

TEST_CASE("clip files: hub names are found in the hub's cache, by branch and by revision") {
  const TemporaryFolder folder;
  const Variable cache("HF_HUB_CACHE", folder.path);
  const std::string base = folder.path + "/models--some-org--tiny_clip.v1";
  const auto clip = Clip::create(tiny_config(), 4);
  CHECK(contains(refusal("some-org/tiny_clip.v1", ErrorKind::network), "not in the hub cache"));
  clip->save(base + "/snapshots/0123abc");
  fs::create_directories(base + "/refs");
  std::ofstream(base + "/refs/main") << "0123abc\n";
  CHECK(Clip::open("some-org/tiny_clip.v1")->content_hash() == clip->content_hash());
  CHECK(Clip::open("hf-hub:some-org/tiny_clip.v1")->content_hash() == clip->content_hash());
  CHECK(Clip::open("some-org/tiny_clip.v1@0123abc")->content_hash() == clip->content_hash());
  CHECK(Clip::open("local-dir:" + base + "/snapshots/0123abc")->content_hash() == clip->content_hash());
  CHECK(contains(refusal("some-org/tiny_clip.v1@fff", ErrorKind::network), "revision 'fff' is not in the hub cache"));
  CHECK(contains(refusal("some-org/tiny_clip.v1@../../x"), "is not a revision"));
  std::ofstream(base + "/refs/main") << "../../../etc";
  CHECK(contains(refusal("some-org/tiny_clip.v1"), "does not hold a revision"));
}
