// open_clip's SigLIP models, whose image tower is the timm library's: names, sizes, and the checks that go with them.
#include <doctest/doctest.h>

#include "models/convert.h"
#include "models/open_clip_config.h"
#include "models/timm_tower.h"
#include "tensor/io/file.h"
#include "tests/models/tiny_clip.h"
#include "tests/scratch.h"
#include "weights/memory_tensors.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// The rows of several matrices one below the other, as timm and torch stack q, k and v.
Tensor stacked(const std::vector<Tensor>& parts) {
  const int64_t rows = parts[0].dim(0);
  Tensor all = parts[0].rank() == 1 ? Tensor::empty({rows * static_cast<int64_t>(parts.size())}) : Tensor::empty({rows * static_cast<int64_t>(parts.size()), parts[0].dim(1)});
  for (size_t i = 0; i < parts.size(); i++) {
    Tensor place = all.rows(static_cast<int64_t>(i) * rows, static_cast<int64_t>(i + 1) * rows);
    place.copy_from(parts[i]);
  }
  return all;
}

// A state dictionary as open_clip 3.3 writes it for ViT-B-16-SigLIP: the list is state_dict().keys(), not our name map.
NamedTensors as_open_clip(Clip& clip) {
  std::map<std::string, Tensor> ours;
  for (auto& [name, tensor] : clip.parameters()) ours.emplace(name, tensor->clone());
  const auto at = [&](const std::string& name) { return ours.at(name); };
  NamedTensors list{{"logit_scale", at("logit_scale").reshaped({})}, {"logit_bias", at("logit_bias").reshaped({})}};
  const std::string v = "vision_model.", t = "text_model.", trunk = "visual.trunk.";
  const Tensor positions = at(v + "embeddings.position_embedding.weight");
  list.emplace_back(trunk + "pos_embed", positions.reshaped({1, positions.dim(0), positions.dim(1)}));
  for (const std::string end : {"weight", "bias"}) {
    const auto q_k_v = [&](const std::string& p) { return stacked({at(p + "q_proj." + end), at(p + "k_proj." + end), at(p + "v_proj." + end)}); };
    list.emplace_back(trunk + "patch_embed.proj." + end, at(v + "embeddings.patch_embedding." + end));
    for (int64_t i = 0; i < clip.config().image->tower.layers; i++) {
      const std::string from = fmt::format("{}encoder.layers.{}.", v, i), to = fmt::format("{}blocks.{}.", trunk, i);
      list.emplace_back(to + "norm1." + end, at(from + "layer_norm1." + end));
      list.emplace_back(to + "attn.qkv." + end, q_k_v(from + "self_attn."));
      list.emplace_back(to + "attn.proj." + end, at(from + "self_attn.out_proj." + end));
      list.emplace_back(to + "norm2." + end, at(from + "layer_norm2." + end));
      list.emplace_back(to + "mlp.fc1." + end, at(from + "mlp.fc1." + end));
      list.emplace_back(to + "mlp.fc2." + end, at(from + "mlp.fc2." + end));
    }
    list.emplace_back(trunk + "norm." + end, at(v + "post_layernorm." + end));
    const std::string head = v + "head.", pool = trunk + "attn_pool.";
    list.emplace_back(pool + "q." + end, at(head + "attention.q_proj." + end));
    list.emplace_back(pool + "kv." + end, stacked({at(head + "attention.k_proj." + end), at(head + "attention.v_proj." + end)}));
    list.emplace_back(pool + "proj." + end, at(head + "attention.out_proj." + end));
    list.emplace_back(pool + "norm." + end, at(head + "layernorm." + end));
    list.emplace_back(pool + "mlp.fc1." + end, at(head + "mlp.fc1." + end));
    list.emplace_back(pool + "mlp.fc2." + end, at(head + "mlp.fc2." + end));
    for (int64_t i = 0; i < clip.config().text->tower.layers; i++) {
      const std::string from = fmt::format("{}encoder.layers.{}.", t, i), to = fmt::format("text.transformer.resblocks.{}.", i);
      list.emplace_back(to + "ln_1." + end, at(from + "layer_norm1." + end));
      list.emplace_back(to + "attn.in_proj_" + end, q_k_v(from + "self_attn."));
      list.emplace_back(to + "attn.out_proj." + end, at(from + "self_attn.out_proj." + end));
      list.emplace_back(to + "ln_2." + end, at(from + "layer_norm2." + end));
      list.emplace_back(to + "mlp.c_fc." + end, at(from + "mlp.fc1." + end));
      list.emplace_back(to + "mlp.c_proj." + end, at(from + "mlp.fc2." + end));
    }
    list.emplace_back("text.ln_final." + end, at(t + "final_layer_norm." + end));
    list.emplace_back("text.text_projection." + end, at(t + "head." + end));
  }
  list.emplace_back(trunk + "attn_pool.latent", at(v + "head.probe"));
  list.emplace_back("text.token_embedding.weight", at(t + "embeddings.token_embedding.weight"));
  list.emplace_back("text.positional_embedding", at(t + "embeddings.position_embedding.weight"));
  return list;
}

// What stands in open_clip 3.3's model_configs/ViT-SO400M-14-SigLIP-384.json.
const char* so400m = R"({"embed_dim": 1152, "init_logit_bias": -10, "custom_text": true,
  "vision_cfg": {"image_size": 384, "timm_model_name": "vit_so400m_patch14_siglip_384", "timm_model_pretrained": false, "timm_pool": "map", "timm_proj": "none"},
  "text_cfg": {"context_length": 64, "vocab_size": 32000, "hf_tokenizer_name": "timm/ViT-B-16-SigLIP", "tokenizer_kwargs": {"clean": "canonicalize"}, "width": 1152, "heads": 16,
    "layers": 27, "mlp_ratio": 3.7362, "no_causal_mask": true, "proj_bias": true, "pool_type": "last", "norm_kwargs": {"eps": 1e-06}}})";

ClipConfig parse(const std::string& text) { return clip_config_from_open_clip(Json::parse(text, "open_clip_config.json"), "open_clip_config.json"); }

std::string with(const std::string& text, const std::string& from, const std::string& to) {
  std::string s = text;
  const size_t at = s.find(from);
  REQUIRE(at != std::string::npos);
  return s.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("timm: a SigLIP by open_clip's names gives the same bits, and nothing may be missing") {
  ClipConfig config = tiny_siglip_config();
  config.image->tower.activation = config.text->tower.activation = Unary::gelu_erf;
  const auto clip = Clip::create(config, 5);
  NamedTensors stored = as_open_clip(*clip);
  clip->freeze();
  const auto opened = Clip::open(WeightFiles(std::make_shared<MemoryTensors>(stored, "memory")), config, "timm");
  const Tensor pixels = drawn_pixels(config, 2);
  CHECK(opened->image_features(pixels).values() == clip->image_features(pixels).values());
  const auto texts = drawn_texts(config, 3);
  CHECK(opened->text_features(texts).values() == clip->text_features(texts).values());
  CHECK(opened->logit_bias() == clip->logit_bias());
  for (auto& [name, tensor] : stored)
    if (name == "visual.trunk.attn_pool.kv.bias") name = "visual.trunk.attn_pool.vk.bias";
  check_error(ErrorKind::bad_input, "'visual.trunk.attn_pool.kv.bias' is missing (closest: 'visual.trunk.attn_pool.vk.bias')",
              [&] { Clip::open(WeightFiles(std::make_shared<MemoryTensors>(stored, "memory")), config, "timm"); });
}

TEST_CASE("timm: what open_clip's configuration says, with the activations that its library computes") {
  const ClipConfig c = parse(so400m);
  CHECK(c.image->kind == ImageTowerKind::siglip);
  CHECK(c.image->tower.width == 1152);
  CHECK(c.image->tower.layers == 27);
  CHECK(c.image->tower.intermediate == 4304);
  CHECK(c.image->patches() == 729);
  CHECK(c.image->tower.activation == Unary::gelu_erf);
  CHECK(c.text->kind == TextTowerKind::siglip);
  CHECK(c.text->tower.intermediate == 4304);
  CHECK(c.text->tower.eps == 1e-6);
  CHECK(c.text->tower.activation == Unary::gelu_erf);
  CHECK(c.text->pad_token_id == 1);
  CHECK(c.logit_bias_init == -10.0);
  CHECK(c.has_hugging_face_class());
  const ClipConfig second = parse(with(so400m, "\"norm_kwargs\"", "\"act_kwargs\": {\"approximate\": \"tanh\"}, \"norm_kwargs\""));   // SigLIP 2
  CHECK(second.image->tower.activation == Unary::gelu_erf);
  CHECK(second.text->tower.activation == Unary::gelu_tanh);
  CHECK(timm_siglip_tower("vit_base_patch32_siglip_256", "").tower.activation == Unary::gelu_tanh);
  CHECK(timm_siglip_tower("vit_large_patch16_siglip_256", "").tower.activation == Unary::gelu_erf);
  CHECK(timm_siglip_tower("vit_giantopt_patch16_siglip_384", "").tower.width == 1536);
}

TEST_CASE("timm: other towers, and a SigLIP that says otherwise, are refused in one sentence") {
  const auto refused = [](const std::string& json, const char* part) { check_error(ErrorKind::bad_input, part, [&] { parse(json); }); };
  for (const char* other : {"convnext_base", "vit_base_patch16_siglip_gap_224", "vit_base_patch16_siglip_", "vit_base_patch_siglip_224", "eva02_base_patch16_clip_224", ""})
    refused(with(so400m, "vit_so400m_patch14_siglip_384", other), "an image tower of the timm library");
  refused(with(so400m, "vit_so400m_patch14_siglip_384", "vit_so400m_patch14_siglip_224"), "image_size is 384, but the tower");
  refused(with(so400m, "\"map\"", "\"avg\""), "timm_pool is 'avg'");
  refused(with(so400m, "\"none\"", "\"linear\""), "timm_proj is 'linear'");
  refused(with(so400m, "\"no_causal_mask\": true", "\"no_causal_mask\": false"), "the text tower is not");
  refused(with(so400m, "\"embed_dim\": 1152", "\"embed_dim\": 768"), "features are 1152 wide");
}

TEST_CASE("known weights: one set of SigLIP's, tanh in Hugging Face's layout and exact GELU in open_clip's") {
  ClipConfig c = tiny_siglip_config();
  check_against_known("google/siglip-base-patch16-224", c, {}, "here");
  check_error(ErrorKind::bad_input, "trained with gelu", [&] { check_against_known("timm/ViT-B-16-SigLIP", c, {}, "here", true); });
  c.image->tower.activation = c.text->tower.activation = Unary::gelu_erf;
  check_against_known("ViT-B-16-SigLIP/webli", c, {}, "here", true);
  check_error(ErrorKind::bad_input, "trained with gelu_pytorch_tanh", [&] { check_against_known("google/siglip-base-patch16-224", c, {}, "here"); });
}

TEST_CASE("a folder's own word on what it was made from is held against its activation") {
  const TemporaryFolder folder;
  ClipConfig config = tiny_config();
  config.image->tower.activation = config.text->tower.activation = Unary::gelu_erf;
  Clip::create(config, 3)->save(folder.path);
  Clip::open(folder.path);
  Json json = Json::read(folder.path + "/config.json");
  const auto says = [&](const char* origin) { write_file(folder.path + "/config.json", json.set("_name_or_path", origin).dump()); };
  says("openai/clip-vit-base-patch32");
  for (const auto& use : {+[](const std::string& f) { Clip::open(f); }, +[](const std::string& f) { open_checkpoint(f); }})
    check_error(ErrorKind::bad_input, "_name_or_path says 'openai/clip-vit-base-patch32', which was trained with quick_gelu", [&] { use(folder.path); });
  check_error(ErrorKind::bad_input, "_name_or_path", [&] { Clip::open(folder.path + "/model.safetensors"); });
  says("laion/CLIP-ViT-B-32-laion2B-s34B-b79K");
  Clip::open(folder.path);
  says("/somebody/else");
  Clip::open(folder.path);
}

TEST_CASE("timm's copies of OpenAI's weights: a GELU configuration is refused by the tag in the name") {
  const ClipConfig c = tiny_config();   // its text tower has the exact GELU
  for (const char* name : {"ViT-B-32/openai", "ViT-B-32-quickgelu/openai", "timm/vit_base_patch32_clip_224.openai", "hf-hub:timm/vit_base_patch32_clip_224.openai",
                           "cache/models--timm--vit_base_patch32_clip_224.openai/snapshots/0123", "timm/vit_base_patch32_clip_224.metaclip_2pt5b", "timm/resnet50_clip.yfcc15m"})
    check_error(ErrorKind::bad_input, "trained with quick_gelu", [&] { check_against_known(name, c, {}, "here", true); });
}
