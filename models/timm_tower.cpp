#include "models/timm_tower.h"

#include <charconv>
#include <string_view>

#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

struct Size {
  std::string_view name;
  int64_t width, layers, heads, intermediate;
};
// timm/models/vision_transformer.py; so400m: int(1152 * 3.7362).
constexpr Size timm_sizes[] = {{"base", 768, 12, 12, 3072}, {"large", 1024, 24, 16, 4096}, {"so400m", 1152, 27, 16, 4304}, {"giantopt", 1536, 40, 16, 6144}};

bool cut_prefix(std::string_view& s, std::string_view prefix) {
  if (!s.starts_with(prefix)) return false;
  s.remove_prefix(prefix.size());
  return true;
}

bool cut_number(std::string_view& s, int64_t& n) {
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  if (error != std::errc() || n < 1 || n > 1 << 12) return false;
  s.remove_prefix(static_cast<size_t>(end - s.data()));
  return true;
}

}  // namespace

ImageTowerConfig timm_siglip_tower(const std::string& timm_name, const std::string& where) {
  for (const Size& size : timm_sizes) {
    std::string_view rest = timm_name;
    ImageTowerConfig c;
    if (!cut_prefix(rest, "vit_") || !cut_prefix(rest, size.name) || !cut_prefix(rest, "_patch") || !cut_number(rest, c.patch_size) || !cut_prefix(rest, "_siglip_") ||
        !cut_number(rest, c.image_size) || !rest.empty())
      continue;
    c.kind = ImageTowerKind::siglip;
    // timm asks for the tanh form in the towers that came with the second generation, and in so400m with patches of 16.
    const bool tanh = c.patch_size == 32 || (size.name == "large" && c.image_size == 512) || (size.name == "so400m" && c.patch_size == 16) || size.name == "giantopt";
    c.tower = {size.width, size.layers, size.heads, size.intermediate, tanh ? Unary::gelu_tanh : Unary::gelu_erf, 1e-6};
    return c;
  }
  bad_input("{}: timm_model_name is '{}', an image tower of the timm library; of those ceir computes SigLIP's (vit_base_patch16_siglip_224, vit_so400m_patch14_siglip_384, ...)", where,
            printable(timm_name, 100));
}

}  // namespace ceir
