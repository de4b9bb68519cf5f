#include "weights/name_map.h"

#include <array>
#include <map>
#include <string_view>

#include "tensor/io/utf8.h"

namespace ceir {
namespace {

struct Renamed {
  const char *ours, *theirs;
  bool transposed = false;
};

// Whole names.
constexpr std::array<Renamed, 10> names{{
    {"vision_model.embeddings.class_embedding", "visual.class_embedding"},
    {"vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"},
    {"vision_model.embeddings.patch_embedding.bias", "visual.conv1.bias"},
    {"vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"},
    {"visual_projection.weight", "visual.proj", true},
    {"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
    {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
    {"text_projection.weight", "text_projection", true},
    {"text_model.head.weight", "text_projection.weight"},   // SigLIP's projection is a linear layer with a bias
    {"text_model.head.bias", "text_projection.bias"},
}};

// Beginnings; what follows is kept.
constexpr std::array<Renamed, 5> beginnings{{
    {"vision_model.pre_layrnorm.", "visual.ln_pre."},
    {"vision_model.post_layernorm.", "visual.ln_post."},
    {"vision_model.encoder.layers.", "visual.transformer.resblocks."},
    {"text_model.final_layer_norm.", "ln_final."},
    {"text_model.encoder.layers.", "transformer.resblocks."},
}};

// Within a block.
constexpr std::array<Renamed, 5> within{{
    {".self_attn.out_proj.", ".attn.out_proj."},
    {".layer_norm1.", ".ln_1."},
    {".layer_norm2.", ".ln_2."},
    {".mlp.fc1.", ".mlp.c_fc."},
    {".mlp.fc2.", ".mlp.c_proj."},
}};

// timm's VisionTransformer with its AttentionPoolLatent, in the same three steps.
constexpr std::array<Renamed, 7> timm_beginnings{{
    {"vision_model.embeddings.patch_embedding.", "patch_embed.proj."},
    {"vision_model.encoder.layers.", "blocks."},
    {"vision_model.post_layernorm.", "norm."},
    {"vision_model.head.probe", "attn_pool.latent"},
    {"vision_model.head.attention.out_proj.", "attn_pool.proj."},
    {"vision_model.head.layernorm.", "attn_pool.norm."},
    {"vision_model.head.mlp.", "attn_pool.mlp."},
}};
constexpr std::array<Renamed, 6> timm_within{{
    {".layer_norm1.", ".norm1."},
    {".layer_norm2.", ".norm2."},
    {".self_attn.out_proj.", ".attn.proj."},
    {".self_attn.q_proj.", ".attn.qkv."},
    {".self_attn.k_proj.", ".attn.qkv."},
    {".self_attn.v_proj.", ".attn.qkv."},
}};

bool is_text(std::string_view name) { return name.starts_with("text_model.") || name.starts_with("text_projection."); }

// BEFORE + "q_proj.weight" -> BEFORE + "in_proj_weight", the part of q; false for any other name.
bool stack(std::string& name, const std::string& before, StoredAs& s) {
  constexpr std::array<const char*, 3> parts{"q_proj.", "k_proj.", "v_proj."};
  const size_t at = name.find(before);
  if (at == std::string::npos) return false;
  const size_t rest = at + before.size();
  for (size_t i = 0; i < parts.size(); i++)
    if (name.compare(rest, 7, parts[i]) == 0) {
      name = name.substr(0, rest) + "in_proj_" + name.substr(rest + 7);
      s.part = static_cast<int64_t>(i), s.parts = 3;
      s.shape[0] *= 3;
      return true;
    }
  return false;
}

void replace(std::string& name, std::string_view from, std::string_view to) {
  if (const size_t at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
}

StoredAs timm_name(const std::string& ours, const Shape& shape) {
  StoredAs s{ours, shape};
  for (const Renamed& r : timm_beginnings)
    if (ours.starts_with(r.ours)) s.name = r.theirs + ours.substr(std::string_view(r.ours).size());
  if (ours == "vision_model.embeddings.position_embedding.weight") {
    s.name = "pos_embed";
    s.shape = {1, shape[0], shape[1]};
  }
  const auto stacked = [&](std::string_view part, int64_t i, int64_t of) {
    if (ours.find(part) == std::string::npos) return;
    s.part = i, s.parts = of;
    s.shape[0] *= of;
  };
  if (s.name.starts_with("blocks.")) {
    stacked(".q_proj.", 0, 3), stacked(".k_proj.", 1, 3), stacked(".v_proj.", 2, 3);
    for (const Renamed& r : timm_within) replace(s.name, r.ours, r.theirs);
  }
  // The pool's query is projected apart from keys and values.
  constexpr std::string_view pool = "vision_model.head.attention.";
  if (ours.starts_with(pool) && !s.name.starts_with("attn_pool.")) {
    stacked(".k_proj.", 0, 2), stacked(".v_proj.", 1, 2);
    s.name = (s.parts == 2 ? "attn_pool.kv." : "attn_pool.q.") + ours.substr(pool.size() + std::string_view("q_proj.").size());
  }
  s.name = "visual.trunk." + s.name;
  return s;
}

StoredAs open_clip_name(const std::string& ours, const Shape& shape, bool text_prefix) {
  StoredAs s{ours, shape};
  for (const Renamed& r : names)
    if (ours == r.ours) {
      s.name = r.theirs;
      s.transposed = r.transposed;
      if (r.transposed) s.shape = {shape[1], shape[0]};
    }
  for (const Renamed& r : beginnings)
    if (ours.starts_with(r.ours)) s.name = r.theirs + ours.substr(std::string_view(r.ours).size());
  if (s.name.find("resblocks.") != std::string::npos) {
    replace(s.name, ".self_attn.", ".attn.");
    if (!stack(s.name, ".attn.", s))
      for (const Renamed& r : within) replace(s.name, r.ours, r.theirs);
  }
  if (text_prefix && is_text(ours)) s.name = "text." + s.name;
  return s;
}

}  // namespace

NameMap name_map_of(const WeightFiles& weights) {
  NameMap map;
  map.timm = weights.has("visual.trunk.patch_embed.proj.weight");
  for (const char* name : {"token_embedding.weight", "text.token_embedding.weight", "visual.conv1.weight", "visual.proj"})
    if (map.timm || weights.has(name)) map.layout = WeightLayout::open_clip;
  map.text_prefix = map.layout == WeightLayout::open_clip && weights.has("text.token_embedding.weight");
  return map;
}

StoredAs stored_as(const std::string& name, const Shape& shape, const NameMap& map) {
  if (map.timm && name.starts_with("vision_model.")) return timm_name(name, shape);
  if (map.layout == WeightLayout::open_clip) return open_clip_name(name, shape, map.text_prefix);
  StoredAs s{name, shape};
  stack(s.name, ".head.attention.", s);   // torch's MultiheadAttention, in Hugging Face's SigLIP too
  return s;
}

Tensor part_of(const Tensor& stored, const StoredAs& where) {
  if (where.transposed) return stored.view({stored.dim(1), stored.dim(0)}, {stored.stride(1), stored.stride(0)}, 0);
  if (where.parts == 1) return stored;
  const int64_t rows = stored.dim(0) / where.parts;
  return stored.rows(where.part * rows, (where.part + 1) * rows);
}

NamedTensors as_stored(const NamedTensors& ours, const NameMap& map) {
  NamedTensors result;
  std::map<std::string, std::pair<size_t, int64_t>> stacked;   // name -> where it lies in `result`, and parts to come
  for (const auto& [name, tensor] : ours) {
    const StoredAs s = stored_as(name, tensor.shape(), map);
    if (s.parts == 1) {
      if (s.shape.rank() != tensor.rank()) result.emplace_back(s.name, tensor.contiguous().reshaped(s.shape));   // timm's positions
      else result.emplace_back(s.name, s.transposed ? tensor.view({tensor.dim(1), tensor.dim(0)}, {tensor.stride(1), tensor.stride(0)}, 0).contiguous() : tensor);
      continue;
    }
    const auto [it, fresh] = stacked.emplace(s.name, std::pair(result.size(), s.parts));
    if (fresh) result.emplace_back(s.name, Tensor::empty(s.shape, tensor.dtype()));
    Tensor rows = part_of(result[it->second.first].second, s);
    rows.copy_from(tensor);
    it->second.second--;
  }
  for (const auto& [name, left] : stacked)
    if (left.second != 0) fail(ErrorKind::internal, "the tensor '{}' is stacked of parts, and {} are not there", name, left.second);
  return result;
}

}  // namespace ceir
