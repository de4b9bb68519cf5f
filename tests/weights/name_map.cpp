// Names and layouts of open_clip and Hugging Face: every tensor of ours has one place in a file, and comes back from it.
#include <doctest/doctest.h>

#include "weights/memory_tensors.h"
#include "weights/name_map.h"

using namespace ceir;

namespace {

WeightFiles memory_weights(const NamedTensors& tensors, const std::string& path) { return WeightFiles(std::make_shared<MemoryTensors>(tensors, path)); }

Tensor counted(const Shape& shape, double from) {
  Tensor t = Tensor::empty(shape, DType::f64);
  for (int64_t i = 0; i < t.numel(); i++) t.data<double>()[i] = from + static_cast<double>(i);
  return t;
}

}  // namespace

TEST_CASE("name map: open_clip's names as they stand in its checkpoints") {
  const NameMap map{WeightLayout::open_clip, false}, custom{WeightLayout::open_clip, true};
  const auto name = [](const char* ours, const Shape& shape, const NameMap& m) { return stored_as(ours, shape, m).name; };
  CHECK(name("vision_model.embeddings.patch_embedding.weight", {64, 3, 8, 8}, map) == "visual.conv1.weight");
  CHECK(name("vision_model.pre_layrnorm.bias", {64}, map) == "visual.ln_pre.bias");
  CHECK(name("vision_model.encoder.layers.11.mlp.fc1.weight", {256, 64}, map) == "visual.transformer.resblocks.11.mlp.c_fc.weight");
  CHECK(name("vision_model.encoder.layers.3.layer_norm2.weight", {64}, custom) == "visual.transformer.resblocks.3.ln_2.weight");
  CHECK(name("text_model.encoder.layers.0.self_attn.out_proj.bias", {64}, map) == "transformer.resblocks.0.attn.out_proj.bias");
  CHECK(name("text_model.encoder.layers.0.self_attn.out_proj.bias", {64}, custom) == "text.transformer.resblocks.0.attn.out_proj.bias");
  CHECK(name("text_model.final_layer_norm.weight", {64}, custom) == "text.ln_final.weight");
  CHECK(name("text_model.embeddings.position_embedding.weight", {77, 64}, map) == "positional_embedding");
  CHECK(name("visual.layer2.1.bn3.running_var", {128}, map) == "visual.layer2.1.bn3.running_var");
  const StoredAs projection = stored_as("text_projection.weight", {48, 64}, custom);
  CHECK(projection.name == "text.text_projection");
  CHECK(projection.transposed);
  CHECK(projection.shape == Shape{64, 48});
  const StoredAs key = stored_as("vision_model.encoder.layers.2.self_attn.k_proj.bias", {64}, map);
  CHECK(key.name == "visual.transformer.resblocks.2.attn.in_proj_bias");
  CHECK(key.part == 1);
  CHECK(key.shape == Shape{192});
}

TEST_CASE("name map: what is written in open_clip's layout is found again, q, k and v apart and matrices turned") {
  NamedTensors ours;
  double from = 0;
  for (const char* name : {"self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight", "mlp.fc2.weight"})
    ours.emplace_back(fmt::format("text_model.encoder.layers.0.{}", name), counted({4, 4}, from += 100));
  ours.emplace_back("text_projection.weight", counted({6, 4}, 7));
  ours.emplace_back("text_model.embeddings.token_embedding.weight", counted({5, 4}, 3));
  for (const bool prefix : {false, true}) {
    const NameMap map{WeightLayout::open_clip, prefix};
    const WeightFiles stored = memory_weights(as_stored(ours, map), "memory");
    CHECK(name_map_of(stored).layout == WeightLayout::open_clip);
    CHECK(name_map_of(stored).text_prefix == prefix);
    CHECK(stored.names().size() == 4);
    for (const auto& [name, tensor] : ours) {
      const StoredAs s = stored_as(name, tensor.shape(), map);
      CHECK(stored.info(s.name).shape == s.shape);
      CHECK(part_of(stored.stored(s.name), s).values() == tensor.values());
    }
  }
}

TEST_CASE("name map: Hugging Face's SigLIP stacks the head's attention alone") {
  const NameMap map;
  CHECK(stored_as("vision_model.encoder.layers.0.self_attn.q_proj.weight", {4, 4}, map).name == "vision_model.encoder.layers.0.self_attn.q_proj.weight");
  const StoredAs value = stored_as("vision_model.head.attention.v_proj.weight", {4, 4}, map);
  CHECK(value.name == "vision_model.head.attention.in_proj_weight");
  CHECK(value.part == 2);
  CHECK(stored_as("vision_model.head.attention.out_proj.weight", {4, 4}, map).name == "vision_model.head.attention.out_proj.weight");
  CHECK_THROWS_AS(as_stored({{"vision_model.head.attention.v_proj.weight", counted({4, 4}, 0)}}, map), Error);
}

TEST_CASE("weight source: a tensor that is not there is named with the closest one") {
  const WeightFiles weights = memory_weights({{"visual.proj", counted({2, 2}, 0)}}, "checkpoint.pt");
  CHECK(weights.has("visual.proj"));
  CHECK_THROWS_WITH_AS(weights.info("visual.prj"), doctest::Contains("checkpoint.pt: has no tensor 'visual.prj', did you mean 'visual.proj'?"), Error);
}
