// open_clip's configurations, and those that OpenAI's archives do not have.
#include <doctest/doctest.h>

#include "models/open_clip_config.h"
#include "weights/memory_tensors.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;

namespace {

WeightFiles memory_weights(const NamedTensors& tensors, const std::string& path) { return WeightFiles(std::make_shared<MemoryTensors>(tensors, path)); }

const char* vit = R"({"model_cfg": {"embed_dim": 48, "vision_cfg": {"image_size": 32, "layers": 2, "width": 96, "head_width": 32, "patch_size": 8, "mlp_ratio": 4.3637},
  "text_cfg": {"context_length": 20, "vocab_size": 60, "width": 64, "heads": 2, "layers": 1}}})";
const char* resnet = R"({"embed_dim": 64, "vision_cfg": {"image_size": 64, "layers": [1, 2, 1, 1], "width": 16, "patch_size": null}, "text_cfg": {"width": 64, "heads": 1, "layers": 1}})";

ClipConfig parse(const std::string& text, const std::string& name = "") { return clip_config_from_open_clip(Json::parse(text, "open_clip_config.json"), "open_clip_config.json", name); }

}  // namespace

TEST_CASE("open_clip config: sizes, head widths and MLP ratios as open_clip reads them") {
  const ClipConfig c = parse(vit);
  CHECK(c.projection == 48);
  CHECK(c.image->tower.heads == 3);
  CHECK(c.image->tower.intermediate == 418);   // int(96 x 4.3637)
  CHECK(c.image->tower.activation == Unary::gelu_erf);
  CHECK(c.text->tower.heads == 2);
  CHECK(c.text->tower.intermediate == 256);
  CHECK(c.text->eos_token_id == 2);            // at the largest id
  const ClipConfig r = parse(resnet);
  CHECK(r.image->kind == ImageTowerKind::modified_resnet);
  CHECK(r.image->stages == std::vector<int64_t>{1, 2, 1, 1});
  CHECK(r.image->tower.heads == 8);            // width x 32 / 64
  CHECK(r.text->vocabulary == 49408);
}

TEST_CASE("open_clip config: QuickGELU by the key, by the name, and a contradiction is refused") {
  CHECK(parse(resnet, "RN50-quickgelu").text->tower.activation == Unary::quick_gelu);
  CHECK(parse(resnet, "vit_base_patch32_clip_quickgelu_224").text->tower.activation == Unary::quick_gelu);
  CHECK(parse(resnet, "RN50").text->tower.activation == Unary::gelu_erf);
  const std::string said = std::string(R"({"quick_gelu": false, )") + (resnet + 1);
  CHECK(parse(said, "RN50").text->tower.activation == Unary::gelu_erf);
  CHECK_THROWS_WITH_AS(parse(said, "RN50-quickgelu"), doctest::Contains("quick_gelu is false, but the model is called 'RN50-quickgelu'"), Error);
}

TEST_CASE("open_clip config: written and read again it is the same") {
  for (const char* text : {vit, resnet}) {
    const Json once = to_open_clip_json(parse(text));
    CHECK(to_open_clip_json(clip_config_from_open_clip(once, "again")).dump() == once.dump());
  }
  ClipConfig c = parse(vit);
  for (const int64_t n : {1, 7, 95, 97, 172, 417, 4304}) {   // quotients that no double holds
    c.image->tower.intermediate = n;
    CHECK(clip_config_from_open_clip(to_open_clip_json(c), "again").image->tower.intermediate == n);
  }
}

TEST_CASE("open_clip config: what ceir cannot compute is refused by its key, in one sentence") {
  const auto with = [](const char* where, const char* entry) {
    std::string text = vit;
    text.insert(text.find(where) + std::string(where).size(), std::string(entry) + ", ");
    return text;
  };
  const std::vector<std::pair<std::string, const char*>> hostile{
      {with("\"vision_cfg\": {", "\"timm_model_name\": \"vit_base\""), "timm_model_name"},
      {with("\"vision_cfg\": {", "\"attentional_pool\": true"), "attentional_pool"},
      {with("\"vision_cfg\": {", "\"ls_init_value\": 1e-5"), "ls_init_value"},
      {with("\"vision_cfg\": {", "\"pool_type\": \"avg\""), "pool_type is 'avg'"},
      {with("\"text_cfg\": {", "\"hf_model_name\": \"roberta-base\""), "hf_model_name"},
      {with("\"text_cfg\": {", "\"no_causal_mask\": true"), "no_causal_mask"},
      {with("\"model_cfg\": {", "\"multimodal_cfg\": {\"width\": 1}"), "multimodal_cfg"},
      {with("\"model_cfg\": {", "\"quick_gelu\": 3"), "quick_gelu"},
      {R"({"model_cfg": {"embed_dim": 0, "vision_cfg": {}, "text_cfg": {}}})", "embed_dim is 0"},
      {R"({"model_cfg": {"vision_cfg": {"width": 100}, "text_cfg": {}}})", "head_width 64 does not divide the width 100"},
      {R"({"model_cfg": {"vision_cfg": {"head_width": 0}, "text_cfg": {}}})", "head_width is 0"},
      {R"({"model_cfg": {"vision_cfg": {"layers": 0}, "text_cfg": {}}})", "layers is 0"},
      {R"({"model_cfg": {"vision_cfg": {"layers": [1, 2]}, "text_cfg": {}}})", "4 stages"},
      {R"({"model_cfg": {"vision_cfg": {"layers": [1, 2, 0, 1], "width": 64}, "text_cfg": {}}})", "0 blocks"},
      {R"({"model_cfg": {"vision_cfg": {"layers": [1, 2, 1, 1], "width": 64, "image_size": 100}, "text_cfg": {}}})", "image_size is 100"},
      {R"({"model_cfg": {"vision_cfg": {"mlp_ratio": -1}, "text_cfg": {}}})", "mlp_ratio is -1"},
      {R"({"model_cfg": {"vision_cfg": {}, "text_cfg": {"heads": 7}}})", "7 attention heads do not divide the width 512"},
      {R"({"model_cfg": {"vision_cfg": {}}})", "text_cfg"},
      {R"({"model_cfg": 3})", "model_cfg"},
      {R"([1])", "expected a JSON object"},
  };
  for (const auto& [text, expected] : hostile) {
    CAPTURE(text);
    check_refused("open_clip_config.json", expected, [&] { parse(text); });
  }
}

TEST_CASE("OpenAI's archives: the configuration follows from the shapes") {
  const auto zeros = [](const Shape& s) { return Tensor::zeros(s, DType::f16); };
  NamedTensors text{{"text_projection", zeros({128, 48})}, {"positional_embedding", zeros({77, 128})}, {"token_embedding.weight", zeros({600, 128})},
                    {"ln_final.weight", zeros({128})}, {"transformer.resblocks.0.attn.in_proj_weight", zeros({384, 128})},
                    {"transformer.resblocks.0.mlp.c_fc.weight", zeros({512, 128})}, {"transformer.resblocks.1.attn.in_proj_weight", zeros({384, 128})}};
  NamedTensors image = text;
  for (const auto& entry : NamedTensors{{"visual.proj", zeros({64, 48})}, {"visual.conv1.weight", zeros({64, 3, 12, 12})}, {"visual.positional_embedding", zeros({17, 64})},
                                        {"visual.transformer.resblocks.0.attn.in_proj_weight", zeros({192, 64})}, {"visual.transformer.resblocks.0.mlp.c_fc.weight", zeros({256, 64})}})
    image.push_back(entry);
  const ClipConfig c = clip_config_from_openai(memory_weights(image, "ViT.pt"));
  CHECK(c.image->image_size == 48);
  CHECK(c.image->patch_size == 12);
  CHECK(c.image->tower.layers == 1);
  CHECK(c.image->tower.heads == 1);
  CHECK(c.text->tower.layers == 2);
  CHECK(c.text->tower.heads == 2);
  CHECK(c.text->tower.activation == Unary::quick_gelu);
  CHECK(c.projection == 48);
  NamedTensors network = text;
  for (const char* name : {"visual.layer1.0", "visual.layer2.0", "visual.layer2.1", "visual.layer3.0", "visual.layer4.0"})
    network.emplace_back(fmt::format("{}.conv1.weight", name), zeros({16, 16, 1, 1}));
  network.emplace_back("visual.attnpool.positional_embedding", zeros({5, 512}));
  const ClipConfig r = clip_config_from_openai(memory_weights(network, "RN.pt"));
  CHECK(r.image->stages == std::vector<int64_t>{1, 2, 1, 1});
  CHECK(r.image->image_size == 64);
  CHECK(r.image->tower.heads == 8);
  network.back().second = zeros({4, 512});
  CHECK_THROWS_WITH_AS(clip_config_from_openai(memory_weights(network, "RN.pt")), doctest::Contains("not a square and one"), Error);
  CHECK_THROWS_WITH_AS(clip_config_from_openai(memory_weights(text, "RN.pt")), doctest::Contains("RN.pt: has no tensor 'visual.layer1.0.conv1.weight'"), Error);
}
