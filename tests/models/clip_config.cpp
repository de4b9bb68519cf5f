// config.json: Hugging Face's defaults filled in, hostile values refused in one sentence.
#include <doctest/doctest.h>

#include "models/clip_config.h"
#include "tests/models/tiny_clip.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;

namespace {

ClipConfig parse(const std::string& text) { return clip_config_from_json(Json::parse(text, "config.json"), "config.json"); }

}  // namespace

TEST_CASE("clip config: an empty CLIP is ViT-B/32 with quick_gelu") {
  const ClipConfig c = parse(R"({"model_type": "clip"})");
  REQUIRE(c.image);
  REQUIRE(c.text);
  CHECK(c.projection == 512);
  CHECK(c.image->tower.width == 768);
  CHECK(c.image->tower.heads == 12);
  CHECK(c.image->tower.layers == 12);
  CHECK(c.image->tower.intermediate == 3072);
  CHECK(c.image->tower.activation == Unary::quick_gelu);
  CHECK(c.image->tower.eps == 1e-5);
  CHECK(c.image->image_size == 224);
  CHECK(c.image->patch_size == 32);
  CHECK(c.text->tower.width == 512);
  CHECK(c.text->tower.heads == 8);
  CHECK(c.text->vocabulary == 49408);
  CHECK(c.text->context == 77);
  CHECK(c.text->eos_token_id == 49407);
}

TEST_CASE("clip config: parts, old keys, and what the file's class says") {
  CHECK(parse(R"({"model_type": "clip", "text_config_dict": {"hidden_size": 64}, "text_config": {"hidden_size": 128}})").text->tower.width == 64);
  CHECK(parse(R"({"model_type": "clip", "text_config_dict": null, "text_config": {"hidden_size": 128}})").text->tower.width == 128);
  CHECK_FALSE(parse(R"({"model_type": "clip_vision_model", "hidden_size": 24})").text);
  CHECK_FALSE(parse(R"({"model_type": "clip_text_model"})").image);
  CHECK(parse(R"({"model_type": "clip", "architectures": ["CLIPVisionModelWithProjection"], "vision_config": {"image_size": 96}})").image->image_size == 96);
  CHECK(parse(R"({"model_type": "clip", "vision_config": {"hidden_act": "gelu"}})").image->tower.activation == Unary::gelu_erf);
  CHECK(parse(R"({"model_type": "clip", "vision_config": {"hidden_act": "gelu_pytorch_tanh"}})").image->tower.activation == Unary::gelu_tanh);
}

TEST_CASE("clip config: written and read again it is the same") {
  ClipConfig c = tiny_config();
  const auto again = [](const ClipConfig& config) { return to_json(parse(to_json(config).dump())).dump(); };
  CHECK(again(c) == to_json(c).dump());
  c.text.reset();
  CHECK(again(c) == to_json(c).dump());
  c = tiny_config();
  c.image.reset();
  CHECK(again(c) == to_json(c).dump());
  CHECK(clip_config_by_name("ViT-L/14@336").image->patches() == 576);
  CHECK_THROWS_WITH_AS(clip_config_by_name("ViT-Z/1"), doctest::Contains("ViT-B-32"), Error);
}

TEST_CASE("clip config: SigLIP's defaults, its towers alone, and what it cannot be") {
  const ClipConfig c = parse(R"({"model_type": "siglip", "text_config": {"model_type": "siglip_text_model"}, "vision_config": {"image_size": 384, "patch_size": 14, "hidden_size": 768}})");
  CHECK(c.is_siglip());
  CHECK(c.image->patches() == 27 * 27);
  CHECK(c.image->tower.activation == Unary::gelu_tanh);
  CHECK(c.image->tower.eps == 1e-6);
  CHECK(c.text->context == 64);
  CHECK(c.text->vocabulary == 32000);
  CHECK(c.projection == 768);
  CHECK(c.logit_bias_init.has_value());
  CHECK(to_json(parse(to_json(c).dump())).dump() == to_json(c).dump());
  CHECK_FALSE(parse(R"({"model_type": "siglip_vision_model"})").text);
  CHECK_FALSE(parse(R"({"model_type": "siglip_text_model"})").image);
  CHECK(parse(R"({"model_type": "siglip_text_model", "projection_size": 512})").projection == 512);
  CHECK_THROWS_WITH_AS(parse(R"({"model_type": "siglip", "vision_config": {"hidden_size": 1152, "num_attention_heads": 16}})"), doctest::Contains("do not meet in one space"), Error);
  CHECK_THROWS_WITH_AS(parse(R"({"model_type": "siglip", "vision_config": {"vision_use_head": false}})"), doctest::Contains("vision_use_head is false"), Error);
}

TEST_CASE("clip config: every hostile value is refused by the name of its key") {
  const std::vector<std::pair<std::string, std::string>> hostile{
      {R"([])", "expected a JSON object"},
      {R"({})", "no model_type"},
      {R"({"model_type": "bert"})", "model_type is 'bert'"},
      {R"({"model_type": 3})", "model_type"},
      {R"({"model_type": "clip", "architectures": "CLIPModel"})", "architectures"},
      {R"({"model_type": "clip_vision_model", "architectures": ["CLIPVisionModel"]})", "has no projection"},
      {R"({"model_type": "clip", "vision_config": 7})", "vision_config"},
      {R"({"model_type": "clip", "projection_dim": 0})", "projection_dim is 0"},
      {R"({"model_type": "clip", "projection_dim": -512})", "projection_dim is -512"},
      {R"({"model_type": "clip", "projection_dim": 1e30})", "projection_dim"},
      {R"({"model_type": "clip", "projection_dim": "512"})", "projection_dim"},
      {R"({"model_type": "clip", "vision_config": {"hidden_size": 9223372036854775807}})", "hidden_size"},
      {R"({"model_type": "clip", "vision_config": {"hidden_size": 1.5}})", "hidden_size"},
      {R"({"model_type": "clip", "vision_config": {"hidden_size": null}})", "hidden_size"},
      {R"({"model_type": "clip", "vision_config": {"hidden_size": [768]}})", "hidden_size"},
      {R"({"model_type": "clip", "vision_config": {"num_attention_heads": 7}})", "7 attention heads do not divide the width 768"},
      {R"({"model_type": "clip", "vision_config": {"num_attention_heads": 0}})", "num_attention_heads is 0"},
      {R"({"model_type": "clip", "vision_config": {"num_hidden_layers": 1000000000}})", "num_hidden_layers"},
      {R"({"model_type": "clip", "vision_config": {"intermediate_size": -1}})", "intermediate_size is -1"},
      {R"({"model_type": "clip", "vision_config": {"hidden_act": "relu"}})", "hidden_act is 'relu'"},
      {R"({"model_type": "clip", "vision_config": {"hidden_act": 1}})", "hidden_act"},
      {R"({"model_type": "clip", "vision_config": {"layer_norm_eps": 0}})", "layer_norm_eps"},
      {R"({"model_type": "clip", "vision_config": {"layer_norm_eps": "small"}})", "layer_norm_eps"},
      {R"({"model_type": "clip", "vision_config": {"patch_size": 0}})", "patch_size is 0"},
      {R"({"model_type": "clip", "vision_config": {"patch_size": 500}})", "patch_size is 500"},
      {R"({"model_type": "clip", "vision_config": {"image_size": 16384, "patch_size": 1}})", "too many"},
      {R"({"model_type": "clip", "vision_config": {"image_size": [224, 225]}})", "image_size is not square"},
      {R"({"model_type": "clip", "vision_config": {"num_channels": 1000000}})", "num_channels"},
      {R"({"model_type": "clip", "text_config": {"vocab_size": 0}})", "vocab_size is 0"},
      {R"({"model_type": "clip", "text_config": {"vocab_size": 100}})", "eos_token_id 49407 lies outside the vocabulary of 100"},
      {R"({"model_type": "clip", "text_config": {"max_position_embeddings": -77}})", "max_position_embeddings is -77"},
      {R"({"model_type": "clip", "text_config": {"eos_token_id": -3}})", "eos_token_id is -3"},
      {R"({"model_type": "clip", "logit_scale_init_value": "hot"})", "logit_scale_init_value"},
  };
  for (const auto& [text, expected] : hostile) {
    CAPTURE(text);
    check_refused("config.json", expected, [&] { parse(text); });
  }
}
