// Checkpoints of every layout to model folders. The archives are written here, from random models, by the formats' own rules.
#include "models/convert.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "models/clip.h"
#include "models/identify.h"
#include "models/open_clip_config.h"
#include "tensor/io/file.h"
#include "tests/checkpoint_writer.h"
#include "tests/models/tiny_clip.h"
#include "tests/scratch.h"
#include "weights/name_map.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {

// Sizes that OpenAI's rule can derive: heads of 64.
ClipConfig openai_config(int64_t vocabulary = 40) {
  ClipConfig c;
  c.image = ImageTowerConfig{{128, 2, 2, 512, Unary::quick_gelu, 1e-5}, 16, 4, 3};
  c.text = TextTowerConfig{{64, 1, 1, 256, Unary::quick_gelu, 1e-5}, vocabulary, 12, 38, 2, 0};
  c.projection = 24;
  return c;
}

NamedTensors open_clip_tensors(Clip& clip, DType dtype) {
  NamedTensors ours;
  for (auto& [name, tensor] : clip.parameters()) ours.emplace_back(name, tensor->to(dtype));
  return as_stored(ours, NameMap{WeightLayout::open_clip});
}

const char* storage_of(DType t) { return t == DType::f16 ? "HalfStorage" : t == DType::bf16 ? "BFloat16Storage" : "FloatStorage"; }

// Modules within modules, as TorchScript nests "visual.conv1.weight".
struct Module {
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<std::pair<std::string, Module>> parts;
  void set(const std::string& name, const std::string& value) {
    const size_t dot = name.find('.');
    if (dot == std::string::npos) return values.emplace_back(name, value), void();
    for (auto& [part, module] : parts)
      if (part == name.substr(0, dot)) return module.set(name.substr(dot + 1), value);
    parts.emplace_back(name.substr(0, dot), Module{});
    parts.back().second.set(name.substr(dot + 1), value);
  }
  std::string pickle() const {
    auto state = values;
    for (const auto& [name, module] : parts) state.emplace_back(name, module.pickle());
    return pk::global("__torch__.clip.model", "M") + ")\x81" + pk::dict(state) + "b";
  }
};

struct Archive {
  std::vector<std::pair<std::string, std::string>> tensors;   // name, pickled
  std::vector<std::string> storages;
};

Archive archive_of(const NamedTensors& tensors) {
  Archive a;
  for (const auto& [name, t] : tensors) {
    const Tensor c = t.contiguous();
    const Strides strides = contiguous_strides(c.shape());
    a.tensors.emplace_back(name, pk::tensor_of(pk::storage(storage_of(t.dtype()), std::to_string(a.storages.size()), t.numel(), "cuda:0"), 0, {c.shape().begin(), c.shape().end()},
                                               {strides.begin(), strides.begin() + c.rank()}));
    a.storages.emplace_back(reinterpret_cast<const char*>(c.bytes_begin()), static_cast<size_t>(c.bytes()));
  }
  return a;
}

std::string torchscript_of(const Archive& a, const std::vector<std::pair<std::string, int64_t>>& numbers) {
  Module root;
  for (const auto& [name, pickled] : a.tensors) root.set(name, pickled);
  for (const auto& [name, value] : numbers) root.set(name, pk::integer(value));
  return checkpoint_of(root.pickle(), a.storages, {{"archive/constants.pkl", pk::stream(")")}, {"archive/code/m.py", "pass", true}});
}

std::string state_dict_of(const Archive& a) { return checkpoint_of(pk::dict({{"state_dict", pk::ordered(a.tensors)}}), a.storages); }

std::string openai_archive(Clip& clip, DType dtype) {
  const ClipConfig& c = clip.config();
  return torchscript_of(archive_of(open_clip_tensors(clip, dtype)),
                        {{"input_resolution", c.image->image_size}, {"context_length", c.text->context}, {"vocab_size", c.text->vocabulary}});
}

void convert_to(const std::string& source, const std::string& folder, std::optional<DType> dtype = {}, const std::string& tokenizer = "", const std::string& known_as = "") {
  const CheckpointSource s = open_checkpoint(source, known_as);
  write_converted(s, find_tokenizer_for(s, tokenizer), dtype, folder);
}

void check_same_bits(const Clip& a, const Clip& b) {
  const Tensor x = drawn_pixels(a.config(), 2);
  CHECK(a.image_features(x).values() == b.image_features(x).values());
  if (!a.has_text()) return;
  const std::vector<std::vector<int64_t>> texts{{1, 5, 38}, {1, 7, 9, 22, 39}, {39}};
  CHECK(a.text_features(texts).values() == b.text_features(texts).values());
  CHECK(a.logit_scale_factor() == b.logit_scale_factor());
}

// No cache of the user's: what lies there would be taken for a vocabulary.
struct EmptyCache {
  Scratch folder;
  EmptyCache() { ::setenv("HF_HUB_CACHE", folder.path.c_str(), 1); }
  ~EmptyCache() { ::unsetenv("HF_HUB_CACHE"); }
};

}  // namespace

TEST_CASE("convert: an OpenAI archive gives the same bits, in every type it can be stored in") {
  const EmptyCache cache;
  const Scratch dir;
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    CAPTURE(name_of(dtype));
    const auto clip = Clip::create(openai_config(), 7);
    for (auto& [name, tensor] : clip->parameters()) *tensor = tensor->to(dtype).to(DType::f32);   // values that the type holds
    write_file(dir / "m.pt", openai_archive(*clip, dtype));
    const std::string folder = dir / name_of(dtype);
    convert_to(dir / "m.pt", folder);
    const auto converted = Clip::open(folder);
    check_same_bits(*clip, *converted);
    CHECK(converted->config().image->tower.heads == 2);
    CHECK(converted->config().image->tower.activation == Unary::quick_gelu);
    CHECK(converted->preprocess().style == PreprocessStyle::openclip);
    for (const auto& t : WeightFiles(folder).files()[0]->tensors()) CHECK(t.dtype == safetensors_word(dtype));
    if (dtype != DType::f16) continue;
    convert_to(dir / "m.pt", dir / "wide", DType::f32);   // wider holds the same
    check_same_bits(*clip, *Clip::open(dir / "wide"));
  }
  check_error(ErrorKind::bad_input, "convert", [&] { Clip::open(dir / "m.pt"); });   // only `convert` reads it
}

TEST_CASE("convert: modified residual networks become open_clip folders") {
  const EmptyCache cache;
  const Scratch dir;
  ClipConfig c = openai_config();
  c.image = ImageTowerConfig{};
  c.image->kind = ImageTowerKind::modified_resnet;
  c.image->image_size = 64, c.image->tower.width = 4, c.image->tower.heads = 2, c.image->stages = {1, 2, 1, 1};
  const auto clip = Clip::create(c, 3);
  write_file(dir / "rn.pt", openai_archive(*clip, DType::f32));
  convert_to(dir / "rn.pt", dir / "rn");
  CHECK(fs::exists(dir / "rn/open_clip_config.json"));
  CHECK_FALSE(fs::exists(dir / "rn/config.json"));
  check_same_bits(*clip, *Clip::open(dir / "rn"));
}

TEST_CASE("convert: open_clip state dicts need their configuration, or the name of what they are") {
  const EmptyCache cache;
  const Scratch dir;
  const auto clip = Clip::create(openai_config(), 5);
  fs::create_directories(dir / "oc");
  write_file(dir / "oc/epoch_32.pt", state_dict_of(archive_of(open_clip_tensors(*clip, DType::f32))));
  check_error(ErrorKind::bad_input, "--known-as", [&] { convert_to(dir / "oc/epoch_32.pt", dir / "out"); });
  check_error(ErrorKind::usage, "inspect --known", [&] { convert_to(dir / "oc/epoch_32.pt", dir / "out", {}, "", "ViT-Z/nobody"); });
  check_error(ErrorKind::bad_input, "is not ViT-B-32", [&] { convert_to(dir / "oc/epoch_32.pt", dir / "out", {}, "", "ViT-B-32/laion2b_s34b_b79k"); });
  CHECK_FALSE(fs::exists(dir / "out"));
  Json json = to_open_clip_json(clip->config());
  write_file(dir / "oc/open_clip_config.json", json.dump());
  convert_to(dir / "oc", dir / "out");
  CHECK(fs::exists(dir / "out/config.json"));
  check_same_bits(*clip, *Clip::open(dir / "out"));
}

TEST_CASE("convert: Hugging Face's pytorch_model.bin keeps its own configuration") {
  const EmptyCache cache;
  const Scratch dir;
  const auto clip = Clip::create(tiny_config(), 5);
  clip->save(dir / "hf");
  NamedTensors ours;
  for (auto& [name, tensor] : clip->parameters()) ours.emplace_back(name, *tensor);
  const Archive a = archive_of(ours);
  fs::remove(dir / "hf/model.safetensors");
  write_file(dir / "hf/pytorch_model.bin", checkpoint_of(pk::ordered(a.tensors), a.storages));
  Json config = Json::read(dir / "hf/config.json");
  config.set("a_key_of_theirs", 5).set("torch_dtype", "float32");
  write_file(dir / "hf/config.json", config.dump(1));
  convert_to(dir / "hf", dir / "out");
  CHECK(read_text_file(dir / "out/config.json") == config.dump(1));
  CHECK(Clip::open(dir / "out")->content_hash() == clip->content_hash());
  convert_to(dir / "hf", dir / "half", DType::bf16);
  CHECK(Json::read(dir / "half/config.json").at("torch_dtype", "").as_string("") == "bfloat16");
}

TEST_CASE("convert: a torchvision ResNet by its tensors alone") {
  const Scratch dir;
  ClipConfig c;
  c.image = ImageTowerConfig{};
  c.image->kind = ImageTowerKind::resnet;
  c.image->image_size = 224, c.image->tower.width = 4, c.image->stages = {1, 1, 1, 1};
  c.projection = 128;
  const auto net = Clip::create(c, 9);
  NamedTensors ours;
  for (auto& [name, tensor] : net->parameters()) ours.emplace_back(name, *tensor);
  ours.emplace_back("fc.weight", Tensor::zeros({10, 128}));
  ours.emplace_back("fc.bias", Tensor::zeros({10}));
  const Archive a = archive_of(as_stored(ours, NameMap{}));
  write_file(dir / "resnet.pth", checkpoint_of(pk::ordered(a.tensors), a.storages));
  convert_to(dir / "resnet.pth", dir / "out");
  const auto converted = Clip::open(dir / "out");
  check_same_bits(*net, *converted);
  CHECK(converted->preprocess().mean[0] == doctest::Approx(0.485));
}

TEST_CASE("convert: what does not fit is named, with the closest name") {
  const EmptyCache cache;
  const Scratch dir;
  const auto clip = Clip::create(openai_config(), 5);
  const NamedTensors good = open_clip_tensors(*clip, DType::f32);
  const std::vector<std::pair<std::string, int64_t>> numbers{{"input_resolution", 16}, {"context_length", 12}, {"vocab_size", 40}};
  const auto refused = [&](const std::vector<std::string>& parts, const NamedTensors& tensors, const std::vector<std::pair<std::string, int64_t>>& n) {
    write_file(dir / "m.pt", torchscript_of(archive_of(tensors), n));
    for (const std::string& part : parts) check_error(ErrorKind::bad_input, part, [&] { open_checkpoint(dir / "m.pt"); });
  };
  const auto at = [](NamedTensors& list, const std::string& name) -> std::pair<std::string, Tensor>& {
    for (auto& t : list)
      if (t.first == name) return t;
    FAIL("no such tensor");
    return list[0];
  };
  NamedTensors t = good;
  at(t, "visual.ln_post.weight").first = "visual.ln_pots.weight";
  refused({"'visual.ln_post.weight' is missing", "closest: 'visual.ln_pots.weight'"}, t, numbers);
  t = good;
  t.emplace_back("visual.ln_extra.weight", Tensor::zeros({3}));
  refused({"'visual.ln_extra.weight' has no place"}, t, numbers);
  t = good;
  at(t, "visual.ln_post.weight").second = Tensor::zeros({127});
  refused({"'visual.ln_post.weight' has shape (127), expected (128)"}, t, numbers);
  t = good;
  at(t, "visual.positional_embedding").second = Tensor::zeros({16, 128});
  refused({"not a square"}, t, numbers);
  refused({"input_resolution 224"}, good, {{"input_resolution", 224}, {"context_length", 12}, {"vocab_size", 40}});
  // A value beyond f16's range.
  t = good;
  at(t, "visual.ln_post.weight").second.fill(1e6);
  write_file(dir / "m.pt", torchscript_of(archive_of(t), numbers));
  check_error(ErrorKind::bad_input, "f16 cannot", [&] { convert_to(dir / "m.pt", dir / "out", DType::f16); });
}

TEST_CASE("known models: a configuration that contradicts its published weights is refused") {
  const Scratch dir;
  ClipConfig c = tiny_config();
  c.image->tower.activation = c.text->tower.activation = Unary::gelu_erf;
  const std::string folder = dir / "models--openai--clip-vit-base-patch32/snapshots/0";
  const auto clip = Clip::create(c, 1);
  clip->save(folder);
  check_error(ErrorKind::bad_input, "trained with quick_gelu", [&] { Clip::open(folder); });
  c.image->tower.activation = c.text->tower.activation = Unary::quick_gelu;
  Preprocess p = Clip::create(c, 1)->preprocess();
  check_against_known("openai/clip-vit-base-patch32", c, p, "here");
  check_against_known("someone/else", c, p, "here");
  p.mean = {0.5f, 0.5f, 0.5f};
  check_error(ErrorKind::bad_input, "normalised with mean 0.5", [&] { check_against_known("hf-hub:openai/clip-vit-base-patch32@main", c, p, "here"); });
  check_error(ErrorKind::bad_input, "trained with gelu", [&] { check_against_known("ViT-B-32/laion2b_s34b_b79k", c, p, "here"); });
}

TEST_CASE("identify: what model it is, and the first tensor that is missing") {
  const Scratch dir;
  const auto clip = Clip::create(openai_config(), 5);
  write_file(dir / "m.pt", openai_archive(*clip, DType::f16));
  const auto fact = [](const std::vector<std::pair<std::string, Json>>& facts, const std::string& key) {
    for (const auto& [name, value] : facts)
      if (name == key) return value.dump();
    return std::string();
  };
  auto facts = identify_model(dir / "m.pt");
  CHECK(fact(facts, "layout") == "\"OpenAI archive\"");
  CHECK(fact(facts, "complete") == "true");
  NamedTensors part = open_clip_tensors(*clip, DType::f16);
  part.pop_back();
  write_file(dir / "p.pt", torchscript_of(archive_of(part), {}));
  CHECK(fact(identify_model(dir / "p.pt"), "complete").find("is missing") != std::string::npos);
  write_safetensors(dir / "other.safetensors", {{"weight", Tensor::zeros({3, 4})}});
  CHECK(identify_model(dir / "other.safetensors").empty());
  CHECK(architecture_of(clip_config_by_name("ViT-L/14")) == find_architecture("ViT-L-14"));
  CHECK(architecture_of(clip->config()) == nullptr);
}
